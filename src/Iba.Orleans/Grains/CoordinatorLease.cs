namespace Iba.Orleans;

/// <summary>After which silence a process that the job's folder names counts as dead, for the grain.</summary>
internal sealed record CoordinatorLease(TimeSpan Time);
