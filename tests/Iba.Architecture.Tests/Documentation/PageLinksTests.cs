namespace Iba.Architecture.Tests.Documentation;

/// <summary>Who follows a link of a page arrives.</summary>
public sealed class PageLinksTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iba-links-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Links_of_all_pages_lead_somewhere()
    {
        string[] pages = [.. Folders().SelectMany(folder => Directory.EnumerateFiles(folder, "*.md")).Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal)];

        Assert.Contains("README.md", pages);
        Assert.Contains(Path.Combine("docs", "speed.md"), pages);
        Complaints.AssertNone(pages.SelectMany(page => PageLinks.Broken(Repository.Root, page)));
    }

    [Fact]
    public void What_leads_nowhere_is_found_with_page_and_line()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "docs"));
        File.WriteAllText(Path.Combine(_folder, "README.md"), "# Title\n\n## `Code`, and the rest\n");
        File.WriteAllText(Path.Combine(_folder, "docs", "page.md"), """
            # Page

            [here](#page), [there](../README.md#code-and-the-rest), [folder](.), [elsewhere](https://example.org/#none)
            [a](#pages), ![b](b.png)

            | c |
            |---|
            | [d](../README.md#code) |

            ```
            [not a link](none.md)
            ```
            """);

        Assert.Equal(
            ["docs/page.md(4): #pages: no such heading.", "docs/page.md(4): b.png: no such file.", "docs/page.md(8): ../README.md#code: no such heading."],
            PageLinks.Broken(_folder, "docs/page.md"));
    }

    /// <summary>The folders that people write in, and not what builds put between.</summary>
    private static IEnumerable<string> Folders()
    {
        yield return Repository.Root;
        foreach (string top in new[] { "docs", "src", "tests", "samples", "benchmarks", "deploy" })
        {
            yield return Path.Combine(Repository.Root, top);
            var below = Directory.EnumerateDirectories(Path.Combine(Repository.Root, top), "*", SearchOption.AllDirectories);
            foreach (string folder in below.Where(folder => !Path.GetRelativePath(Repository.Root, folder).Split(Path.DirectorySeparatorChar).Any(name => name is "bin" or "obj" or "node_modules"))) yield return folder;
        }
    }
}
