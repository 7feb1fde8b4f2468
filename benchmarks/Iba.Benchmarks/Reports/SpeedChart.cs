using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using OxyPlot.SkiaSharp;

namespace Iba.Benchmarks;

/// <summary>Bars of the seconds for one heat map, on a logarithmic axis.</summary>
internal sealed class SpeedChart
{
    private readonly CategoryAxis _networks = new() { Position = AxisPosition.Left, Key = "networks" };
    private readonly (BarSeries Series, Func<Entry, Contestant?> Select)[] _series =
    [
        (Bars("reference package", OxyColor.FromRgb(0x9e, 0x9e, 0x9e)), entry => entry.Reference),
        (Bars("whole network re-run, same libtorch", OxyColor.FromRgb(0xd9, 0x8c, 0x5f)), entry => entry.Whole),
        (Bars("this library", OxyColor.FromRgb(0x3a, 0x7c, 0xa5)), entry => entry.Library),
        (Bars("floor: the tail alone", OxyColor.FromRgb(0x9c, 0xc5, 0xa1)), entry => entry.Floor),
    ];

    private sealed record Entry(Contestant Library, Contestant Whole, Contestant? Reference, Contestant Floor);

    public void Add(string network, Contestant library, Contestant whole, Contestant? reference, Contestant floor)
    {
        int category = _networks.Labels.Count;
        _networks.Labels.Add(network);
        var entry = new Entry(library, whole, reference, floor);
        foreach (var (series, select) in _series)
        {
            if (select(entry) is { } contestant) series.Items.Add(new BarItem(contestant.Seconds.Median, category));
        }
    }

    public void Save(string path)
    {
        if (_networks.Labels.Count == 0) return;
        var plot = new PlotModel { Title = "Seconds for one heat map (logarithmic)", Background = OxyColors.White, DefaultFont = "DejaVu Sans" };
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomCenter, LegendPlacement = LegendPlacement.Outside, LegendOrientation = LegendOrientation.Horizontal });
        plot.Axes.Add(_networks);
        plot.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Key = "seconds", Minimum = 0.1, MaximumPadding = 0.08, MajorGridlineStyle = LineStyle.Dot });
        foreach (var (series, _) in _series) plot.Series.Add(series);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);

        // Text shaping would need one more native library.
        new PngExporter { Width = 1000, Height = 460, Dpi = 96, UseTextShaping = false }.Export(plot, file);
    }

    private static BarSeries Bars(string title, OxyColor color)
        => new() { Title = title, FillColor = color, XAxisKey = "seconds", YAxisKey = "networks", BaseValue = 0.1, LabelFormatString = "{0:0.0}" };
}
