using System.Globalization;
using System.Text;

namespace Iba.Onnx.Tests;

/// <summary>The table in docs/onnx.md: what of the ONNX project's node tests passes, by operator and opset.</summary>
internal static class ConformanceTable
{
    private const string Start = "<!-- table: begin -->\n";
    private const string End = "<!-- table: end -->\n";

    /// <summary>Cases of claimed operators that fail, and why.</summary>
    public static IReadOnlyDictionary<string, string> Explained { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["test_dft_inverse"] = "the expected values are rounding noise (2e-7) where ours are exactly 0, and the tolerance there is 1e-7",
        ["test_dft_inverse_opset19"] = "as test_dft_inverse",
    };

    public static string Path { get; } = System.IO.Path.Combine(RepositoryRoot(), "docs", "onnx.md");

    /// <summary>The document with a new table.</summary>
    public static string Update(string document, IReadOnlyCollection<NodeTestResult> results)
    {
        int start = document.IndexOf(Start, StringComparison.Ordinal) + Start.Length;
        int end = document.IndexOf(End, StringComparison.Ordinal);
        return document[..start] + Write(results) + document[end..];
    }

    private static string Write(IReadOnlyCollection<NodeTestResult> results)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Count(results, NodeTestOutcome.Passed)} cases pass, {Count(results, NodeTestOutcome.NotClaimed)} use something that is not claimed, {Count(results, NodeTestOutcome.Failed)} fail.\n\n");
        foreach (var (name, reason) in Explained) text.Append(CultureInfo.InvariantCulture, $"- `{name}` fails: {reason}.\n");
        text.Append("\n| operator | opset: passed / not claimed / failed |\n|---|---|\n");
        foreach (var cases in results.GroupBy(Subject).OrderBy(cases => cases.Key, StringComparer.Ordinal))
        {
            var versions = cases.GroupBy(result => result.Case.Opset).OrderBy(version => version.Key).Select(version =>
                $"{version.Key}: {Count(version, NodeTestOutcome.Passed)} / {Count(version, NodeTestOutcome.NotClaimed)} / {Count(version, NodeTestOutcome.Failed)}");
            text.Append(CultureInfo.InvariantCulture, $"| {cases.Key} | {string.Join("; ", versions)} |\n");
        }

        text.Append("\nClaimed operators:\n\n");
        foreach (var domain in OperatorFamilies.Table.Claimed.GroupBy(claimed => claimed.Domain).OrderBy(domain => domain.Key, StringComparer.Ordinal))
        {
            string names = string.Join(", ", domain.Select(claimed => claimed.Name).Order(StringComparer.Ordinal));
            text.Append(CultureInfo.InvariantCulture, $"- `{(domain.Key.Length > 0 ? domain.Key : "ai.onnx")}`: {names}\n");
        }

        return text.ToString();
    }

    /// <summary>A case of several operators is one operator written out in others: it counts under its own heading.</summary>
    private static string Subject(NodeTestResult result)
        => result.Case.Operators.Count == 1 ? result.Case.Operators[0]
            : result.Case.Name.EndsWith("_expanded", StringComparison.Ordinal) || result.Case.Name.Contains("_expanded_", StringComparison.Ordinal) ? "(written out in other operators)"
            : "(several operators)";

    private static int Count(IEnumerable<NodeTestResult> results, NodeTestOutcome outcome) => results.Count(result => result.Outcome == outcome);

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Iba.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
