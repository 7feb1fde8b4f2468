namespace Iba.Architecture.Tests;

/// <summary>The tables of a Markdown page, by the headings above them.</summary>
internal sealed class MarkdownTables
{
    private readonly Dictionary<string, List<string[]>> _tables = [];

    public MarkdownTables(string text)
    {
        string section = "", part = "";
        foreach (string line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) (section, part) = (line[3..], "");
            else if (line.StartsWith("### ", StringComparison.Ordinal)) part = line[4..];
            else if (line.StartsWith('|')) Add(Key(section, part), line);
        }
    }

    /// <summary>The rows of the tables right below a heading, without their head; none where the page has no such table.</summary>
    /// <param name="section">The heading, of level 2.</param>
    /// <param name="part">The heading of level 3 below it. Empty: before the first one.</param>
    public IReadOnlyList<string[]> Rows(string section, string part = "") => _tables.GetValueOrDefault(Key(section, part))?.Skip(2).ToList() ?? [];

    /// <summary>What a cell has between backticks.</summary>
    public static IReadOnlyList<string> Names(string cell) => [.. cell.Split('`').Where((_, i) => i % 2 == 1)];

    private void Add(string key, string line)
    {
        if (!_tables.TryGetValue(key, out var rows)) _tables[key] = rows = [];
        rows.Add([.. line.Trim('|').Split('|').Select(cell => cell.Trim())]);
    }

    private static string Key(string section, string part) => $"{section}\n{part}";
}
