using Iba.Hosting;
using Iba.MLNet;

namespace ExplainService;

/// <summary>The explainer for those who bring none: EfficientNet-Lite0, measured on the photographs of the samples.</summary>
internal static class SampleExplainer
{
    /// <summary>Where it is kept from one start to the next.</summary>
    public static string File { get; } = Path.Combine("artifacts", "ExplainService", "explainer.zip");

    /// <summary>Measures and saves it.</summary>
    public static void Make(ILogger logger, CancellationToken cancellation)
    {
        string assets = Path.Combine(AppContext.BaseDirectory, "assets");
        using var explainer = IbaExplainer.Fit(Path.Combine(assets, "efficientnet-lite0.onnx"), Path.Combine(assets, "photos"), new IbaExplainerOptions
        {
            Preprocessing = ImagePreprocessing.EfficientNetLite,
            ClassNames = Path.Combine(assets, "imagenet-classes.txt"),
            Logger = logger,
        }, cancellation);
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        // Whole or not at all: the next start looks for it.
        explainer.Save($"{File}.tmp");
        System.IO.File.Move($"{File}.tmp", File, overwrite: true);
    }
}
