using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using OxyPlot.SkiaSharp;

namespace Iba.Benchmarks;

/// <summary>Processor time of a map against its agreement and its score in the degradation test.</summary>
internal static class FrontierChart
{
    public static void Save(string path, IReadOnlyList<FrontierPoint> points)
    {
        var plot = new PlotModel { Title = "What fewer passes cost", Background = OxyColors.White, DefaultFont = "DejaVu Sans" };
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomCenter, LegendPlacement = LegendPlacement.Outside, LegendOrientation = LegendOrientation.Horizontal });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "processor seconds a map", Minimum = 0, MaximumPadding = 0.15, MajorGridlineStyle = LineStyle.Dot });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Key = "correlation", Title = "correlation with Paper's mean map", MinimumPadding = 0.1, MaximumPadding = 0.1 });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Right, Key = "degradation", Title = "degradation", MinimumPadding = 0.1, MaximumPadding = 0.1 });
        plot.Series.Add(Series("correlation", MarkerType.Circle, OxyColor.FromRgb(0x3a, 0x7c, 0xa5), point => point.Correlation.Average()));
        plot.Series.Add(Series("degradation", MarkerType.Triangle, OxyColor.FromRgb(0xd9, 0x8c, 0x5f), point => point.Degradation.Where(double.IsFinite).Average()));
        foreach (var point in points)
        {
            plot.Annotations.Add(new TextAnnotation
            {
                Text = point.Setting.Name,
                TextPosition = new DataPoint(point.Seconds.Median, point.Correlation.Average()),
                YAxisKey = "correlation",
                TextHorizontalAlignment = HorizontalAlignment.Left,
                StrokeThickness = 0,
            });
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);

        // Text shaping would need one more native library.
        new PngExporter { Width = 1000, Height = 600, Dpi = 96, UseTextShaping = false }.Export(plot, file);

        ScatterSeries Series(string axis, MarkerType marker, OxyColor color, Func<FrontierPoint, double> value)
        {
            var series = new ScatterSeries { Title = axis, YAxisKey = axis, MarkerType = marker, MarkerFill = color, MarkerSize = 5 };
            foreach (var point in points) series.Points.Add(new ScatterPoint(point.Seconds.Median, value(point)));
            return series;
        }
    }
}
