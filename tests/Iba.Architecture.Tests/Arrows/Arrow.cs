namespace Iba.Architecture.Tests.Arrows;

/// <summary>One place uses another.</summary>
/// <param name="From">The place that uses.</param>
/// <param name="To">The place that is used.</param>
/// <param name="File">The file that shows it.</param>
/// <param name="What">What of <paramref name="To"/> the file uses: a type, or a project.</param>
internal sealed record Arrow(string From, string To, string File, string What);
