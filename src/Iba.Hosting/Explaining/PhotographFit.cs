using Iba.MLNet;
using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Hosting;

/// <summary>Measures a network over a folder of photographs.</summary>
internal static class PhotographFit
{
    private const string PathColumn = "File", MapColumn = "Bits";

    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp"];

    /// <inheritdoc cref="IbaExplainer.Fit(string, string, IbaExplainerOptions, CancellationToken)"/>
    public static IbaExplainer Run(string network, string photographs, IbaExplainerOptions options, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumPhotographs, 2);
        string[] files = Find(photographs, options.MaximumPhotographs);
        var context = new MLContext(seed: 0);
        var log = new ContextLog(context, options.Logger);
        var loaded = OnnxNetwork.Load(network);
        try
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = context.Data.LoadFromEnumerable(files.Select(file => new Photograph { File = file }).ToArray());
            var transformer = context.Transforms.Iba(ToOptions(options, loaded, log, cancellation)).Fit(rows);
            transformer.Progress = null;
            return new IbaExplainer(context, log, [], transformer, ownsTransformer: true, rows.Schema, new SharedOwnership(loaded.Dispose));
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    private static IbaEstimator.Options ToOptions(IbaExplainerOptions options, OnnxNetwork network, ContextLog log, CancellationToken cancellation) => new()
    {
        OutputColumnName = MapColumn,
        InputColumnName = PathColumn,
        Network = network,
        Layer = options.Layer,
        Beta = options.Beta,
        Preset = options.Preset,
        Preprocessing = options.Preprocessing ?? PreprocessingRule.Choose(network, log),
        ClassNames = options.ClassNames == null ? null : ClassNameFile.Read(options.ClassNames),
        Steps = options.Steps ?? BottleneckDefaults.Steps,
        Seed = options.Seed,
        Seeds = options.Seeds,
        // A bad photograph is left out, with a warning.
        BadRows = BadRowHandling.Missing,
        Progress = new Cancelling(options.Progress, cancellation),
    };

    /// <summary>Pictures in a folder and below it, evenly out of all: folders are often in order of classes.</summary>
    private static string[] Find(string folder, int most)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder '{Path.GetFullPath(folder)}'.");
        string[] all = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal)];
        if (all.Length == 0) throw new FileNotFoundException($"There are no pictures in '{folder}' or below it; pictures end in {string.Join(", ", Extensions)}.");
        return all.Length <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[(long)i * all.Length / most])];
    }

    private sealed class Photograph
    {
        public string File { get; set; } = "";
    }

    private sealed class Cancelling(IProgress<IbaProgress>? progress, CancellationToken cancellation) : IProgress<IbaProgress>
    {
        public void Report(IbaProgress value)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(value);
        }
    }
}
