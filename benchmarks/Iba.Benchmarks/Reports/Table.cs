using System.Globalization;
using System.Text;

namespace Iba.Benchmarks;

/// <summary>A Markdown table; the first column is text, the others are aligned right.</summary>
internal sealed class Table
{
    private readonly StringBuilder _text = new();

    public Table(params ReadOnlySpan<string> titles)
    {
        Add(titles);
        _text.Append('|').Append(" --- |");
        for (int i = 1; i < titles.Length; i++) _text.Append(" ---: |");
        _text.AppendLine();
    }

    public void Add(params ReadOnlySpan<string> cells)
    {
        _text.Append('|');
        foreach (string cell in cells) _text.Append(' ').Append(cell).Append(" |");
        _text.AppendLine();
    }

    public override string ToString() => _text.ToString();

    /// <summary>"4.10 (4.02-4.31)": the median and the range.</summary>
    public static string Spread(Sample sample, string format = "F2")
        => string.Create(
            CultureInfo.InvariantCulture,
            $"{sample.Median.ToString(format, CultureInfo.InvariantCulture)} ({sample.Min.ToString(format, CultureInfo.InvariantCulture)}-{sample.Max.ToString(format, CultureInfo.InvariantCulture)})");

    /// <summary>The median of seconds, in milliseconds.</summary>
    public static string Milliseconds(Sample seconds) => (1000 * seconds.Median).ToString("F1", CultureInfo.InvariantCulture);

    /// <summary>"8.02x (7.31-8.40)": the median and the range.</summary>
    public static string Times(Sample ratios) => Spread(ratios).Replace(" (", "x (", StringComparison.Ordinal);

    /// <summary>"94 % (91-96)": the median and the range.</summary>
    public static string Percent(Sample shares)
        => string.Create(CultureInfo.InvariantCulture, $"{100 * shares.Median:F0} % ({100 * shares.Min:F0}-{100 * shares.Max:F0})");

    public static string Mebibytes(long bytes) => $"{bytes >> 20} MiB";
}
