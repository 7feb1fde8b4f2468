using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using OxyPlot.SkiaSharp;

namespace Iba.Evaluation;

/// <summary>The mean curves of the degradation test: solid with the most relevant tiles first, dashed with the least relevant first.</summary>
internal static class CurveChart
{
    public static void Save(string path, Comparison comparison)
    {
        var plot = new PlotModel
        {
            Title = comparison.Title,
            TitleFontSize = 14,
            Subtitle = "probability while tiles of 14 x 14 are replaced: solid, the most relevant first; dashed, the least relevant first",
            Background = OxyColors.White,
            DefaultFont = "DejaVu Sans",
        };
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.RightTop, LegendPlacement = LegendPlacement.Outside });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "share of the tiles that is replaced", Minimum = 0, Maximum = 1, MajorGridlineStyle = LineStyle.Dot });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = "probability of the class", Minimum = 0, Maximum = 1, MajorGridlineStyle = LineStyle.Dot });
        var palette = OxyPalettes.Hue(comparison.Results.Count + 1);
        for (int index = 0; index < comparison.Results.Count; index++)
        {
            var result = comparison.Results[index];
            plot.Series.Add(Line(result, result.Name, LineStyle.Solid, curves => curves.MostRelevantFirst, palette.Colors[index]));
            plot.Series.Add(Line(result, null, LineStyle.Dash, curves => curves.LeastRelevantFirst, palette.Colors[index]));
        }

        using var file = File.Create(path);
        // Text shaping would need one more native library.
        new PngExporter { Width = 1100, Height = 620, Dpi = 96, UseTextShaping = false }.Export(plot, file);
    }

    private static LineSeries Line(ContenderResult result, string? title, LineStyle style, Func<CurvePair, double[]> select, OxyColor color)
    {
        var line = new LineSeries { Title = title, RenderInLegend = title != null, LineStyle = style, Color = color, StrokeThickness = result.IsBottleneck ? 3 : 1.2 };
        var curves = result.Measurements.Select(measurement => measurement.Degradation14!).ToArray();
        for (int point = 0; point < curves[0].Counts.Length; point++)
        {
            line.Points.Add(new DataPoint((double)curves[0].Counts[point] / curves[0].Counts[^1], curves.Average(pair => select(pair)[point])));
        }

        return line;
    }
}
