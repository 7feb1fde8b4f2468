using Iba.MLNet;
using Iba.Onnx;
using Microsoft.ML;
using Spectre.Console;

namespace ExplainPhotos;

internal sealed record FittingOptions(
    DirectoryInfo Images, FileInfo Network, FileInfo Classes, string Layer, string Preprocessing, int? Target, double Beta, DirectoryInfo Output);

/// <summary>The first process: builds the pipeline, measures the layer, saves one zip.</summary>
internal static class Fitting
{
    /// <summary>The noise of the pictures in the documentation. Without a seed of its own, an explainer draws one from the context.</summary>
    private const long Seed = 738_502_644;

    public static string Run(FittingOptions options)
    {
        var ml = new MLContext(seed: 0);
        var warnings = Warnings.Of(ml);
        var photos = Photo.In(options.Images);
        var rows = ml.Data.LoadFromEnumerable(photos);
        using var network = OnnxNetwork.Load(options.Network.FullName);

        string zip = Path.Combine(options.Output.FullName, "explainer.zip");
        options.Output.Create();
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new RemainingTimeColumn()).Start(progress =>
        {
            var task = progress.AddTask($"Measuring {options.Layer} (photographs: {photos.Count})", maxValue: photos.Count);
            var pipeline = ml.Transforms.Iba(new IbaEstimator.Options
            {
                OutputColumnName = nameof(Explanation.Heatmap),
                InputColumnName = nameof(Photo.Path),
                Network = network,
                Layer = options.Layer,
                Preprocessing = options.Preprocessing == "imagenet" ? ImagePreprocessing.ImageNet : ImagePreprocessing.EfficientNetLite,
                Beta = options.Beta,
                Seed = Seed,
                TargetIndex = options.Target,
                TotalBitsColumnName = nameof(Explanation.Bits),
                TargetColumnName = nameof(Explanation.Target),
                ScoresColumnName = nameof(Explanation.Scores),
                ScoresWithBottleneckColumnName = nameof(Explanation.ScoresWithBottleneck),
                ClassNames = options.Classes.Exists ? File.ReadAllLines(options.Classes.FullName) : null,
                // One bad photograph ends nothing: it is reported, and the others are explained.
                BadRows = BadRowHandling.Missing,
                BatchSize = 4,
                Progress = new OnThisThread(done => task.Value = done),
            });
            using var explainer = pipeline.Fit(rows);
            ml.Model.Save(explainer, rows.Schema, zip);
            task.Value = photos.Count;
        });

        warnings.Report();
        AnsiConsole.MarkupLineInterpolated($"Saved the fitted pipeline, network included, to [bold]{zip}[/] ({new FileInfo(zip).Length / 1e6:F1} MB).");
        return zip;
    }

    /// <summary>Reports at once, on the computing thread; <see cref="Progress{T}"/> would post to another one.</summary>
    private sealed class OnThisThread(Action<double> show) : IProgress<IbaProgress>
    {
        public void Report(IbaProgress value) => show(value.Rows);
    }
}
