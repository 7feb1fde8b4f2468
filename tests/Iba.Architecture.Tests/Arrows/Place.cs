namespace Iba.Architecture.Tests.Arrows;

/// <summary>A project, or a room (folder) of one, as docs/architecture.md declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uses">The places that it uses, all of them below it.</param>
internal sealed record Place(string Name, IReadOnlyList<string> Uses);
