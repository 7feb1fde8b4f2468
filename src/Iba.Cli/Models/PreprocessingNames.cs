using Iba.MLNet;

namespace Iba.Cli;

/// <summary>The ways of preparing pictures that can be typed.</summary>
internal static class PreprocessingNames
{
    /// <summary>The names.</summary>
    public static string[] All { get; } = ["imagenet", "efficientnet-lite", "raw"];

    /// <summary>The preprocessing of a name; null: none.</summary>
    public static ImagePreprocessing? Find(string? name) => name switch
    {
        null => null,
        "imagenet" => ImagePreprocessing.ImageNet,
        "efficientnet-lite" => ImagePreprocessing.EfficientNetLite,
        "raw" => ImagePreprocessing.Raw,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"There is no preprocessing '{name}'; there are {string.Join(", ", All)}."),
    };
}
