using System.Globalization;
using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>What a readout, trained on the photographs of the samples, is worth on others, and what a map of it costs.</summary>
internal sealed class ReadoutPart : IBenchmarkPart
{
    private const int Epochs = 20;

    private const int Copies = 2;

    private static readonly string[] Layers = ["blocks.0", "blocks.2", "blocks.4", "blocks.10", "blocks.15"];

    public string Name => "readout";

    public string Method => $"training: {Epochs} epochs, K = {Copies}, learning rate 0.0003, 4 photographs an update; maps of single photographs: T = 10 steps, K = 10 noise copies";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        string[] others = [.. Directory.GetFiles(Assets.Path("others"), "*.jpg").Order(StringComparer.Ordinal)];
        // As far from each other as the files allow: neighbours show alike things.
        var judged = Enumerable.Range(0, settings.Rounds).Select(i => others[(int)((long)i * others.Length / settings.Rounds)]);
        using var comparison = new ReadoutComparison(network, Layers, judged);
        var (method, seconds, epochs) = comparison.Train(new ReadoutOptions { Epochs = Epochs, NoiseCopies = Copies });
        using var readout = method;
        using var statistics = comparison.Statistics();
        using var paper = new PerSampleBottleneck(statistics);
        using var gaussian = new CenteredGaussian();
        using var random = new RandomMap();
        var table = new Table("maps", "degradation", "range", "bits");
        foreach (var (title, one) in new (string, AttributionMethod)[] { ("of each photograph (T = 10, K = 10)", paper), ("readout", readout), ("centred Gaussian", gaussian), ("random", random) })
        {
            Console.WriteLine($"Readout: {title}");
            var (degradation, total) = comparison.Judge(one);
            var finite = new Sample(degradation.Where(double.IsFinite));
            table.Add(title, Number(degradation.Where(double.IsFinite).Average()), $"{Number(finite.Min)} to {Number(finite.Max)}", one.Unit == MapUnit.Bits ? $"{total.Average():F0}" : "");
        }

        var cost = comparison.CostInForwardPasses(readout);
        return
            $"""
            ## The readout bottleneck

            {network.Name}, {network.LayerTitle}, reading {string.Join(", ", Layers)}. Trained on the {comparison.Photos.Trained} photographs of the samples: {seconds:F0} seconds of processor time; the
            loss fell from {Number(epochs[0].Loss)} to {Number(epochs[^1].Loss)}. Judged on {comparison.Photos.Judged} others (as many as `--rounds`) by the degradation test
            (tiles of 28 x 28, nine points; higher is better). A map costs {Number(cost.Median)} plain forward passes ({Number(cost.Min)} to {Number(cost.Max)}), by processor time.

            {table}
            """;
    }

    private static string Number(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
}
