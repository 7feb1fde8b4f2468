namespace Iba.Architecture.Tests.Documentation;

/// <summary>The C# on the pages under docs/ compiles.</summary>
public class PageCodeTests
{
    [Fact]
    public void Code_on_pages_compiles()
    {
        CodeBlock[] blocks = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Order(StringComparer.Ordinal).SelectMany(Read)];

        Assert.Contains(blocks, block => block.Page == "docs/judging.md");
        Assert.Contains(blocks, block => block.Page == "docs/extending.md");
        Complaints.AssertNone(
        [
            .. blocks.Where(block => block.Objection?.Length < 10).Select(block => $"{block.Page}({block.Line}): say why the code cannot be compiled."),
            .. PageCode.Complaints(blocks),
        ]);
    }

    [Fact]
    public void What_is_wrong_is_found_with_page_and_line()
    {
        const string Page = """
            <!-- given: int bits; record Row(float Bits); -->
            ```csharp
            using System.Globalization;
            string text = bits;
            Row row = new Other();
            class Other { }
            ```
            <!-- not compiled: it is half a line -->
            ```csharp
            string text =
            ```
            ```csharp
            await Task.Yield();
            Console.WriteLine(CultureInfo.InvariantCulture);
            Console.WriteLine(bits);
            ```
            """;

        string[] complaints = [.. PageCode.Complaints(CodeBlock.Of("page.md", Page)).Order(StringComparer.Ordinal)];

        Assert.Equal(3, complaints.Length);
        Assert.StartsWith("page.md(15,19): error CS0103", complaints[0], StringComparison.Ordinal);
        Assert.StartsWith("page.md(4,15): error CS0029", complaints[1], StringComparison.Ordinal);
        Assert.StartsWith("page.md(5,11): error CS0029", complaints[2], StringComparison.Ordinal);
    }

    private static IReadOnlyList<CodeBlock> Read(string file) => CodeBlock.Of($"docs/{Path.GetFileName(file)}", File.ReadAllText(file));
}
