using System.Globalization;
using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>What presets, copies, steps and noise cost, against how far their maps are those of the paper's settings, and how well they do in the degradation test.</summary>
internal sealed class FrontierPart : IBenchmarkPart
{
    private const string Picture = "frontier.png";
    private const int StepPhotos = 6, StepDraws = 4;

    public string Name => "frontier";

    public string Method => "T steps and K noise copies as the table says";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        using var measurement = new FrontierMeasurement(network, settings.Rounds);
        string? lacking = BFloat16Support.OfThisMachine.Lacking(TorchSharp.torch.CPU);
        if (lacking != null) Console.WriteLine($"Frontier: in float32 alone, since {lacking}.");
        var points = measurement.Run(lacking == null ? [.. FrontierSetting.All, .. FrontierSetting.BFloat16] : FrontierSetting.All);
        int stepPhotos = (int)Math.Min(StepPhotos, measurement.Photos);
        double[] ofEachStep = measurement.ScatterOfEachStep(stepPhotos, StepDraws);
        var options = new BottleneckOptions();
        var steps = new Table(["alpha before the step, where nothing holds it back", .. ofEachStep.Select((_, step) => Number(options.InitialAlpha - (options.LearningRate * step), "F0"))]);
        steps.Add(["scatter of the map", .. ofEachStep.Select(scatter => $"{Number(100 * scatter, "F1")} %")]);
        foreach (var preset in new[] { IbaPreset.Fast, IbaPreset.Draft })
        {
            steps.Add([$"copies of {preset}", .. new BottleneckOptions { Preset = preset }.CopiesPerStep!.Select(copies => $"{copies}")]);
        }

        FrontierChart.Save(Path.Combine(folder, Picture), points);
        var paper = points[0];
        var table = new Table(
            "setting", "rows through the tail", "processor seconds a map", "share of Paper's", "correlation", "less Paper's", "degradation", "less Paper's");
        var scatter = new Table("setting", "seeds", "scatter of the map", "scatter of the bits", "bits against Paper's mean", "lowest and highest photograph");
        foreach (var point in points)
        {
            table.Add(
                point.Setting.Name, $"{point.Setting.TailPasses}", Number(point.Seconds.Median), Number(point.Seconds.Median / paper.Seconds.Median),
                Number(point.Correlation.Average(), "F3"), Difference(point.CorrelationOver(paper)),
                Number(Bootstrap.Mean(point.Degradation).Value, "F3"), Difference(point.DegradationOver(paper)));
            scatter.Add(
                point.Setting.Name, $"{point.Setting.Seeds}", Share(point.Scatter), Share(point.BitsScatter), Number(point.Bits.Average()),
                $"{Number(point.Bits.Min())}-{Number(point.Bits.Max())}");
        }

        return
            $"""
            ## What fewer passes cost

            {network.Name}, {network.LayerTitle}, {measurement.Photos} photographs of the samples (as many as `--rounds`). *Correlation* is each map's with the mean map of `Paper` over the other
            seeds, so that `Paper`'s own shows the scatter of the noise. *Degradation* is the area between the curves of the degradation test (tiles of 28 x 28, nine points), higher is
            better. Differences are means over photographs, with 95 % intervals by bootstrap: where one holds 0, nothing has been shown.{(lacking == null ? "" : $" `Fast` and `Draft` are computed in float32 here, since {lacking}.")}

            ![cost against agreement](pictures/{Picture})

            {table}
            How much maps of one setting differ between seeds, means over photographs: *scatter of the map* is the distance of a map from the mean over seeds, as a share of that mean (root
            mean square over pixels), *scatter of the bits* the standard deviation of its total, as a share of the mean.

            {scatter}
            Where the scatter comes from: maps that differ in the noise of one step alone, {stepPhotos} photographs, {StepDraws} draws of the step, paired, two copies in it and six in every other.

            {steps}
            """;

        static string Difference(ConfidenceInterval difference) => difference is { Lower: 0, Upper: 0 }
            ? "-"
            : $"{Number(difference.Value, "F3")} ({Number(difference.Lower, "F3")} to {Number(difference.Upper, "F3")})";

        static string Share(double[] shares) => $"{Number(100 * shares.Average(), "F1")} %";

        static string Number(double value, string format = "F2") => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
