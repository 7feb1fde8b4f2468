using System.Globalization;
using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>What presets, copies, steps and noise cost, against how far their maps are those of the paper's settings, and how well they do in the degradation test.</summary>
internal sealed class FrontierPart : IBenchmarkPart
{
    private const int Seeds = 3;

    private const string Picture = "frontier.png";

    public string Name => "frontier";

    public string Method => "T steps and K noise copies as the table says";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        using var measurement = new FrontierMeasurement(network, settings.Rounds, Seeds);
        string? lacking = BFloat16Support.OfThisMachine.Lacking(TorchSharp.torch.CPU);
        if (lacking != null) Console.WriteLine($"Frontier: the rows in bfloat16 are left out, since {lacking}.");
        var points = measurement.Run(lacking == null ? [.. FrontierSetting.All, .. FrontierSetting.BFloat16] : FrontierSetting.All);
        FrontierChart.Save(Path.Combine(folder, Picture), points);
        var table = new Table(
            "setting", "rows through the tail", "processor seconds a map", "share of Paper's", "correlation", "lowest", "bits", "range of bits", "degradation");
        foreach (var point in points)
        {
            table.Add(
                point.Setting.Name, $"{point.Setting.TailPasses}", Number(point.Seconds.Median), Number(point.Seconds.Median / points[0].Seconds.Median),
                Number(point.Correlation.Average(), "F3"), Number(point.Correlation.Min(), "F3"), Number(point.Bits.Average()),
                $"{Number(point.Bits.Min())}-{Number(point.Bits.Max())}", Number(point.Degradation.Where(double.IsFinite).Average(), "F3"));
        }

        return
            $"""
            ## What fewer passes cost

            {network.Name}, {network.LayerTitle}, {measurement.Photos} photographs of the samples (as many as `--rounds`), {Seeds} seeds. *Correlation* is each map's with the mean map of `Paper`
            over the other seeds, and *bits* its total, divided by that map's; `Paper` itself is held against its own other seeds, so that it shows the scatter of
            the noise. *Degradation* is the area between the curves of the degradation test (tiles of 28 x 28, nine points), higher is better.{(lacking == null ? "" : $" Tails in bfloat16 are left out, since {lacking}.")}

            ![cost against agreement](pictures/{Picture})

            {table}
            """;

        static string Number(double value, string format = "F2") => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
