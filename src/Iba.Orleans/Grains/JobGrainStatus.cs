namespace Iba.Orleans;

/// <summary>How far a job is, on the wire: what Orleans generates for a type is as public as the type, and <see cref="CoordinatorStatus"/> is for users.</summary>
[GenerateSerializer]
internal readonly record struct JobGrainStatus([property: Id(0)] int Done, [property: Id(1)] int Leased, [property: Id(2)] long Lost, [property: Id(3)] bool IsFinished);
