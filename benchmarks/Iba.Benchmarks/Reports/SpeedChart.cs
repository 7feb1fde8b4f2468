using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using OxyPlot.SkiaSharp;

namespace Iba.Benchmarks;

/// <summary>Bars of the seconds for one heat map, on a logarithmic axis.</summary>
internal static class SpeedChart
{
    public static void Save(string path, IReadOnlyList<SpeedComparison> comparisons)
    {
        if (comparisons.Count == 0) return;
        double least = Math.Min(0.1, comparisons.Min(comparison => comparison.Floor.Seconds.Median) / 2);
        var plot = new PlotModel { Title = "Seconds for one heat map (logarithmic)", Background = OxyColors.White, DefaultFont = "DejaVu Sans" };
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomCenter, LegendPlacement = LegendPlacement.Outside, LegendOrientation = LegendOrientation.Horizontal });
        var networks = new CategoryAxis { Position = AxisPosition.Left, Key = "networks" };
        networks.Labels.AddRange(comparisons.Select(comparison => comparison.Title));
        plot.Axes.Add(networks);
        plot.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Key = "seconds", Minimum = least, MaximumPadding = 0.08, MajorGridlineStyle = LineStyle.Dot });
        plot.Series.Add(Bars("reference package", OxyColor.FromRgb(0x9e, 0x9e, 0x9e), comparison => comparison.Reference));
        plot.Series.Add(Bars("whole network re-run, same libtorch", OxyColor.FromRgb(0xd9, 0x8c, 0x5f), comparison => comparison.Whole));
        plot.Series.Add(Bars("this library", OxyColor.FromRgb(0x3a, 0x7c, 0xa5), comparison => comparison.Library));
        plot.Series.Add(Bars("this library, Fast", OxyColor.FromRgb(0x7f, 0xb2, 0xd0), comparison => comparison.Fast));
        plot.Series.Add(Bars("floor: the tail alone", OxyColor.FromRgb(0x9c, 0xc5, 0xa1), comparison => comparison.Floor));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);

        // Text shaping would need one more native library.
        new PngExporter { Width = 1000, Height = 310 + (60 * comparisons.Count), Dpi = 96, UseTextShaping = false }.Export(plot, file);

        BarSeries Bars(string title, OxyColor color, Func<SpeedComparison, Contestant?> select)
        {
            var series = new BarSeries { Title = title, FillColor = color, XAxisKey = "seconds", YAxisKey = "networks", BaseValue = least, LabelFormatString = "{0:0.0#}" };
            for (int i = 0; i < comparisons.Count; i++)
            {
                if (select(comparisons[i]) is { } contestant) series.Items.Add(new BarItem(contestant.Seconds.Median, i));
            }

            return series;
        }
    }
}
