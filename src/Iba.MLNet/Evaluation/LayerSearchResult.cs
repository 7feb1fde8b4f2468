using System.Globalization;
using System.Text;

namespace Iba.MLNet;

/// <summary>Layers and betas, ranked, with a recommendation and its reason. <see cref="ToString"/> is a table of them.</summary>
public sealed class LayerSearchResult
{
    private const double Cheaper = 0.8;

    internal LayerSearchResult(IEnumerable<LayerSearchEntry> entries)
    {
        Entries = [.. entries.OrderByDescending(entry => double.IsNaN(entry.Score) ? double.NegativeInfinity : entry.Score)];
        Recommended = Entries[0];
        Reason = Explain();
    }

    /// <summary>What was tried, the best first; by <see cref="LayerSearchEntry.Score"/>.</summary>
    public IReadOnlyList<LayerSearchEntry> Entries { get; }

    /// <summary>The first of <see cref="Entries"/>. Whether others are as good, and cheaper or finer, <see cref="Reason"/> says.</summary>
    public LayerSearchEntry Recommended { get; }

    /// <summary>
    /// Why it is recommended, in sentences, and what else to consider: later layers find objects as well at less cost, earlier ones draw them finer. Entries are equal
    /// where the interval of their difference over the same rows holds 0.
    /// </summary>
    public string Reason { get; }

    /// <summary>The entries that are as good as the recommended one, as far as the rows can tell; without itself.</summary>
    public IReadOnlyList<LayerSearchEntry> EquallyGood => [.. Entries.Skip(1).Where(IsEqual)];

    /// <inheritdoc/>
    public override string ToString()
    {
        bool hasObjects = !double.IsNaN(Recommended.Metrics.TopShare.Value);
        var table = new StringBuilder();
        table.AppendLine(Line("layer", "shape", "beta", "score", "seconds a map", hasObjects ? "on the object" : ""));
        foreach (var entry in Entries)
        {
            table.AppendLine(Line(
                entry.Layer.Name, $"[{string.Join(", ", entry.Layer.Shape.Skip(1))}]", Text(entry.Beta, "0.###"), Text(entry.Score, "0.000"), Text(entry.Metrics.SecondsPerMap, "0.00"),
                hasObjects ? Text(entry.Metrics.TopShare.Value, "0.000") : ""));
        }

        return table.Append(Reason).ToString();
    }

    private static string Line(string layer, string shape, string beta, string score, string seconds, string share)
        => string.Create(CultureInfo.InvariantCulture, $"{layer,-24} {shape,-18} {beta,8} {score,8} {seconds,14} {share,14}").TrimEnd();

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);

    private static long Positions(LayerSearchEntry entry) => entry.Layer.Shape.Skip(2).Aggregate(1L, (product, size) => product * Math.Max(1, size));

    private bool IsEqual(LayerSearchEntry entry)
    {
        var difference = Recommended.Metrics.DifferenceFrom(entry.Metrics, Recommended.ScoreOf);
        return !difference.HasInterval || !difference.Excludes(0);
    }

    private string Explain()
    {
        if (double.IsNaN(Recommended.Score)) return "No row could be judged: nothing is recommended for a reason.";
        int rows = Recommended.Metrics.Rows.Count(row => !double.IsNaN(Recommended.ScoreOf(row)));
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Recommended: '{Recommended.Layer.Name}' with beta {Text(Recommended.Beta, "0.###")}: the highest score, {Text(Recommended.Score, "0.000")}, on {rows} {(rows == 1 ? "row" : "rows")}.");
        var equal = EquallyGood;
        if (Entries.Count == 1) text.Append(" Nothing else was tried.");
        else if (rows < 2) text.Append(" One row shows no differences: take more.");
        else if (equal.Count == 0) text.Append(" All others are worse on these rows.");
        else text.Append(CultureInfo.InvariantCulture, $" As good, as far as these rows can tell: {string.Join(", ", equal.Select(Describe))}.");
        if (Entries.MaxBy(entry => entry.Metrics.TopShare.Value) is { } finder && finder != Recommended && finder.Metrics.TopShare.Value > Recommended.Metrics.TopShare.Value)
        {
            text.Append(CultureInfo.InvariantCulture, $" '{finder.Layer.Name}' lies more on the objects ({Text(finder.Metrics.TopShare.Value, "0.000")} of its highest pixels, here {Text(Recommended.Metrics.TopShare.Value, "0.000")}).");
        }

        return text.ToString();
    }

    private string Describe(LayerSearchEntry entry)
    {
        double cost = entry.Metrics.SecondsPerMap / Recommended.Metrics.SecondsPerMap;
        string[] remarks =
        [
            .. cost < Cheaper ? [string.Create(CultureInfo.InvariantCulture, $"{cost:P0} of the time")] : Array.Empty<string>(),
            .. Positions(entry) > Positions(Recommended) ? ["finer"] : Array.Empty<string>(),
            .. entry.Layer == Recommended.Layer ? [$"beta {Text(entry.Beta, "0.###")}"] : Array.Empty<string>(),
        ];
        return remarks.Length == 0 ? $"'{entry.Layer.Name}'" : $"'{entry.Layer.Name}' ({string.Join(", ", remarks)})";
    }
}
