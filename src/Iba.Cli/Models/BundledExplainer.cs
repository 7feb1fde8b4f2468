using Iba.Jobs;
using Microsoft.ML;

namespace Iba.Cli;

/// <summary>
/// The explainer for those who have none: EfficientNet-Lite0 with what was measured of its layer on the photographs of the samples. The package has the measurement
/// (a kilobyte) and the network, not the zip, which would hold the network a second time. Assets/SOURCES.md has the command that made it.
/// </summary>
internal static class BundledExplainer
{
    /// <summary>What is said of it.</summary>
    public const string About = "EfficientNet-Lite0, a classifier for ImageNet's 1000 classes (Apache License 2.0), measured on 61 photographs; give --model or --network for your own.";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "network");

    /// <summary>The network, as it was measured.</summary>
    public static NetworkChoice Choice { get; } = new()
    {
        Network = Path.Combine(Folder, "efficientnet-lite0.onnx"),
        Layer = "blocks.4",
        Preprocessing = "efficientnet-lite",
        Classes = Path.Combine(Folder, "imagenet-classes.txt"),
        PerChannel = true,
    };

    /// <summary>What was measured.</summary>
    public static string Measurement { get; } = Path.Combine(Folder, "efficientnet-lite0.measurement");

    /// <summary>Writes the zip.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="choice"><see cref="Choice"/>, and how it is explained.</param>
    public static void Save(string path, NetworkChoice choice) => ExplainerFit.Merge(choice, [Measurement], path, new MLContext(seed: 0));

    /// <summary>Makes it without writing it: a second that a photograph need not wait.</summary>
    /// <param name="choice"><see cref="Choice"/>, and how it is explained.</param>
    /// <param name="context">Makes it.</param>
    public static JobModel Load(NetworkChoice choice, MLContext context) => ExplainerFit.Load(choice, Measurement, context);
}
