using Iba.Torch;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;
using OxyPlot.SkiaSharp;

namespace Iba.Benchmarks;

/// <summary>A line for each setting, the cheapest first: processor time of a map, and how far its agreement and its score in the degradation test lie from Paper's.</summary>
internal static class FrontierChart
{
    private const string Settings = "settings";

    private static readonly OxyColor Cost = OxyColor.FromRgb(0x9c, 0xc5, 0xa1), Agreement = OxyColor.FromRgb(0x3a, 0x7c, 0xa5), Faithfulness = OxyColor.FromRgb(0xd9, 0x8c, 0x5f);

    /// <param name="path">The picture's file.</param>
    /// <param name="points">The settings; the first is Paper.</param>
    public static void Save(string path, IReadOnlyList<FrontierPoint> points)
    {
        // The axis counts from below.
        FrontierPoint[] lines = [.. points.OrderByDescending(point => point.Seconds.Median)];
        var plot = new PlotModel { Title = "What fewer passes cost: differences from Paper, with 95 % intervals", TitleFontSize = 15, Background = OxyColors.White, DefaultFont = "DejaVu Sans" };
        var names = new CategoryAxis { Position = AxisPosition.Left, Key = Settings, MajorGridlineStyle = LineStyle.Dot };
        names.Labels.AddRange(lines.Select(point => $"{point.Setting.Name} ({point.Setting.TailPasses} rows)"));
        plot.Axes.Add(names);
        Axis("processor seconds a map", 0, 0.28);
        var bars = new BarSeries { XAxisKey = "processor seconds a map", YAxisKey = Settings, FillColor = Cost, LabelFormatString = "{0:0.00}", LabelPlacement = LabelPlacement.Inside };
        for (int line = 0; line < lines.Length; line++) bars.Items.Add(new BarItem(lines[line].Seconds.Median, line));
        plot.Series.Add(bars);
        Panel("correlation with Paper's mean map", Agreement, 0.33, 0.64, point => point.CorrelationOver(points[0]));
        Panel("degradation", Faithfulness, 0.69, 1, point => point.DegradationOver(points[0]));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);

        // Text shaping would need one more native library.
        new PngExporter { Width = 1200, Height = 110 + (34 * lines.Length), Dpi = 96, UseTextShaping = false }.Export(plot, file);

        void Axis(string title, double start, double end) => plot.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Bottom,
            Key = title,
            Title = title,
            StartPosition = start,
            EndPosition = end,
            MinimumPadding = 0.05,
            MaximumPadding = 0.05,
            MajorGridlineStyle = LineStyle.Dot,
        });

        void Panel(string title, OxyColor color, double start, double end, Func<FrontierPoint, ConfidenceInterval> difference)
        {
            Axis(title, start, end);
            plot.Annotations.Add(new LineAnnotation { Type = LineAnnotationType.Vertical, X = 0, XAxisKey = title, YAxisKey = Settings, Color = OxyColors.Gray, LineStyle = LineStyle.Solid });
            var marks = new ScatterSeries { XAxisKey = title, YAxisKey = Settings, MarkerType = MarkerType.Circle, MarkerFill = color, MarkerSize = 5 };
            for (int line = 0; line < lines.Length; line++)
            {
                var found = difference(lines[line]);
                marks.Points.Add(new ScatterPoint(found.Value, line));
                var interval = new LineSeries { XAxisKey = title, YAxisKey = Settings, Color = color };
                interval.Points.AddRange([new DataPoint(found.Lower, line), new DataPoint(found.Upper, line)]);
                plot.Series.Add(interval);
            }

            plot.Series.Add(marks);
        }
    }
}
