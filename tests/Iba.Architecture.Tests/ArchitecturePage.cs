using Iba.Architecture.Tests.Arrows;

namespace Iba.Architecture.Tests;

/// <summary>
/// What docs/architecture.md declares: the projects, the rooms of each, lowest first, and the public types. Tests hold the code to it, and it
/// to the code.
/// </summary>
internal static class ArchitecturePage
{
    public const string Path = "docs/architecture.md";

    private static readonly MarkdownTables Page = new(File.ReadAllText(System.IO.Path.Combine(Repository.Root, Path)));

    /// <summary>The projects, lowest first.</summary>
    public static IReadOnlyList<Place> Projects { get; } = Places(Page.Rows("The rooms"));

    /// <summary>A project's rooms, lowest first: folders below the project's, <c>Networks/</c>, or <c>./</c> for that folder itself.</summary>
    public static IReadOnlyList<Place> Rooms(string project) => Places(Page.Rows("The rooms", project));

    /// <summary>A project's public types and why they are public.</summary>
    public static IReadOnlyList<(string Type, string Reason)> PublicTypes(string project)
        => [.. Page.Rows("Public types", project).Select(row => (MarkdownTables.Names(row[0]).Single(), row[1]))];

    private static List<Place> Places(IReadOnlyList<string[]> rows)
        => [.. rows.Select(row => new Place(MarkdownTables.Names(row[0]).Single(), MarkdownTables.Names(row[2])))];
}
