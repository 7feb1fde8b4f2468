using System.Globalization;
using System.Text;

namespace Iba.ServiceLoad;

/// <summary>The table of docs/web-service.md.</summary>
internal static class LoadTable
{
    private const string Begin = "<!-- load: ", End = "<!-- /load -->";

    /// <summary>Writes the runs between the page's marks.</summary>
    public static void Write(string page, IReadOnlyList<LoadRun> runs)
    {
        var table = new StringBuilder();
        table.AppendLine("| clients at once | answered | refused (429) | answers a second | median, s | 95 of 100 within, s |").AppendLine("|---|---|---|---|---|---|");
        foreach (var run in runs)
        {
            table.AppendLine(CultureInfo.InvariantCulture,
                $"| {run.Clients} | {run.Seconds.Count} | {run.Refused} | {run.Throughput:F2} | {run.Quantile(0.5):F1} | {run.Quantile(0.95):F1} |");
        }

        string text = File.ReadAllText(page);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin) throw new InvalidDataException($"'{page}' has no place for the table, from '{Begin}' to '{End}'.");
        int line = text.IndexOf('\n', begin) + 1;
        File.WriteAllText(page, string.Concat(text.AsSpan(0, line), table.ToString().ReplaceLineEndings("\n"), text.AsSpan(end)));
        Console.Write(table);
    }
}
