using System.Globalization;

namespace Iba.Reports;

/// <summary>How a <see cref="BitsPage"/> looks.</summary>
internal static class BitsPageStyle
{
    public static string Sheet { get; } = $$"""
        :root { color-scheme: light; font: 17px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; color: #23201c; background: #f7f5f1; }
        body { margin: 0; }
        main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; }
        h1 { font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -.02em; margin: 0 0 .5rem; }
        .introduction { max-width: 44rem; margin: 0 0 2rem; color: #5c554c; }
        article { background: #fff; border: 1px solid #e7e2d9; border-radius: 10px; padding: 1rem 1.4rem 1.1rem; margin: 0 0 1rem; }
        .head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .8rem; font-size: .85rem; color: #6b6359; }
        .head p { margin: 0; }
        h2 { font-size: 1rem; font-weight: 650; color: #23201c; margin: 0; }
        .legend { margin-left: auto !important; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .bar { display: inline-block; width: 6rem; height: .6rem; margin: 0 .45rem; border: 1px solid #e0d9cd; border-radius: 3px; background: linear-gradient(90deg, {{Gradient(1)}}); }
        .bar.root { background: linear-gradient(90deg, {{Gradient(1 / BitsScale.ForBytes)}}); }
        .words { font-size: 1.25rem; line-height: 2.25; margin: .45rem 0 -.35rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        .words span { padding: .02em .14em; border-radius: .22em; }
        rt { position: relative; top: -.22rem; font-size: .68rem; line-height: 1.2; color: #6b6359; font-variant-numeric: tabular-nums; }
        .strip { display: block; width: 100%; height: 64px; margin: .8rem 0 .6rem; }
        .bytes { max-height: 24rem; overflow: auto; border-top: 1px solid #efeae1; font-size: .88rem; }
        .bytes:focus-visible { outline: 2px solid #b85c00; outline-offset: 2px; }
        table { border-collapse: collapse; font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; line-height: 1.55; }
        thead th { position: sticky; top: 0; background: #fff; padding-top: .5rem; font-family: system-ui, sans-serif; font-weight: 500; }
        th { text-align: left; font-weight: 400; color: #857b6e; }
        th, td { padding: 0 1.4rem 0 0; white-space: pre; vertical-align: baseline; }
        td.number { text-align: right; color: #857b6e; }
        .gap td { padding: .6rem 0; font-family: system-ui, sans-serif; color: #857b6e; text-align: center; }
        @media print { :root { background: #fff; } .bytes { max-height: none; } article { break-inside: avoid; } }
        {{Shades}}
        """;

    // The bar is linear in bits: a shade stands where its bits are.
    private static string Gradient(double power) => string.Join(", ", Enumerable.Range(0, BitsScale.Levels + 1).Select(level =>
        string.Create(CultureInfo.InvariantCulture, $"{Hexadecimal(level)} {100 * Math.Pow((double)level / BitsScale.Levels, power):0.#}%")));

    private static string Shades => string.Join(
        "\n", Enumerable.Range(1, BitsScale.Levels).Select(level => $".s{level} {{ background: {Hexadecimal(level)}; color: #1a1714; }}"));

    /// <summary>A shade as HTML writes it.</summary>
    public static string Hexadecimal(int level)
    {
        var (red, green, blue) = BitsScale.Color(level);
        return $"#{red:x2}{green:x2}{blue:x2}";
    }
}
