using Iba.Torch;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;
using OxyPlot.SkiaSharp;

namespace Iba.Benchmarks;

/// <summary>Processor time of a map against how far its agreement and its score in the degradation test lie from Paper's, one above the other.</summary>
internal static class FrontierChart
{
    private static readonly OxyColor Agreement = OxyColor.FromRgb(0x3a, 0x7c, 0xa5), Faithfulness = OxyColor.FromRgb(0xd9, 0x8c, 0x5f);

    public static void Save(string path, IReadOnlyList<FrontierPoint> points)
    {
        var plot = new PlotModel { Title = "What fewer passes cost: difference from Paper, with 95 % intervals", TitleFontSize = 15, Background = OxyColors.White, DefaultFont = "DejaVu Sans" };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "processor seconds a map", Minimum = 0, MaximumPadding = 0.15, MajorGridlineStyle = LineStyle.Dot });
        Panel("correlation with Paper's mean map", Agreement, 0.53, 1, point => point.CorrelationOver(points[0]));
        Panel("degradation", Faithfulness, 0, 0.47, point => point.DegradationOver(points[0]));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);

        // Text shaping would need one more native library.
        new PngExporter { Width = 1000, Height = 900, Dpi = 96, UseTextShaping = false }.Export(plot, file);

        void Panel(string title, OxyColor color, double start, double end, Func<FrontierPoint, ConfidenceInterval> difference)
        {
            plot.Axes.Add(new LinearAxis
            {
                Position = AxisPosition.Left,
                Key = title,
                Title = title,
                StartPosition = start,
                EndPosition = end,
                MinimumPadding = 0.15,
                MaximumPadding = 0.15,
                MajorGridlineStyle = LineStyle.Dot,
            });
            plot.Annotations.Add(new LineAnnotation { Type = LineAnnotationType.Horizontal, Y = 0, YAxisKey = title, Color = OxyColors.Gray, LineStyle = LineStyle.Solid });
            var marks = new ScatterSeries { YAxisKey = title, MarkerType = MarkerType.Circle, MarkerFill = color, MarkerSize = 5 };
            plot.Series.Add(marks);
            bool left = false;
            foreach (var point in points.OrderBy(point => point.Seconds.Median))
            {
                var found = difference(point);
                double cost = point.Seconds.Median;
                marks.Points.Add(new ScatterPoint(cost, found.Value));
                var interval = new LineSeries { YAxisKey = title, Color = color };
                interval.Points.AddRange([new DataPoint(cost, found.Lower), new DataPoint(cost, found.Upper)]);
                plot.Series.Add(interval);

                // Upright beside the interval, on alternating sides: settings of one cost stand close to each other.
                plot.Annotations.Add(new TextAnnotation
                {
                    Text = point.Setting.Name,
                    TextPosition = new DataPoint(cost, found.Value),
                    YAxisKey = title,
                    TextRotation = -90,
                    StrokeThickness = 0,
                    FontSize = 11,
                    TextHorizontalAlignment = HorizontalAlignment.Center,
                    TextVerticalAlignment = left ? VerticalAlignment.Bottom : VerticalAlignment.Top,
                    Offset = new ScreenVector(left ? -4 : 4, 0),
                });
                left = !left;
            }
        }
    }
}
