using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Iba.Architecture.Tests.Documentation;

/// <summary>The links of a page to files of the repository and to headings, which get the identifiers that GitHub gives them.</summary>
internal static class PageLinks
{
    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).UsePipeTables().Build();

    /// <summary>What leads nowhere, with page and line.</summary>
    /// <param name="root">The folder that the pages are named from.</param>
    /// <param name="page">The page.</param>
    public static IEnumerable<string> Broken(string root, string page)
    {
        var links = Parse(Path.Combine(root, page)).Descendants<LinkInline>();
        foreach (var link in links.Where(link => !string.IsNullOrEmpty(link.Url) && !Uri.IsWellFormedUriString(link.Url, UriKind.Absolute)))
        {
            string[] parts = link.Url!.Split('#', 2);
            string target = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
            string path = Path.GetFullPath(target, root);
            string? wrong = !Path.Exists(path) ? "no such file"
                : parts.Length == 2 && path.EndsWith(".md", StringComparison.Ordinal) && !Headings(path).Contains(parts[1]) ? "no such heading"
                : null;
            if (wrong != null) yield return $"{page}({link.Line + 1}): {link.Url}: {wrong}.";
        }
    }

    private static HashSet<string> Headings(string path) => [.. Parse(path).Descendants<HeadingBlock>().Select(heading => heading.GetAttributes().Id!)];

    private static MarkdownDocument Parse(string path) => Markdown.Parse(File.ReadAllText(path), s_pipeline);
}
