using Iba.MLNet;
using Iba.Onnx;
using Iba.Torch;
using TorchSharp;

namespace Iba.Hosting;

/// <summary>How photographs become numbers, where nobody says it.</summary>
internal static class PreprocessingRule
{
    /// <summary>
    /// What the network's file says; else bytes as they are where the network takes integers, and ImageNet's numbers, which most exported classifiers were
    /// trained with, where it takes others. That is a guess, and said: maps of a network that is fed with wrong numbers look like others.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="log">Told what is taken.</param>
    /// <returns>Null: the network's file says it.</returns>
    public static ImagePreprocessing? Choose(OnnxNetwork network, ContextLog log)
    {
        if (network.Pixels?.Range != null) return null;
        bool takesIntegers = network.Inputs[0].ElementType is torch.ScalarType.Byte or torch.ScalarType.Int8 or torch.ScalarType.Int16 or torch.ScalarType.Int32 or torch.ScalarType.Int64;
        string name = takesIntegers ? nameof(ImagePreprocessing.Raw) : nameof(ImagePreprocessing.ImageNet);
        log.Say(
            $"Preprocessing {name} is taken: the network's file does not say how photographs become numbers, and its input '{network.Inputs[0].Name}' {Shapes.Format(network.Inputs[0].Shape)} is of " +
            $"{network.Inputs[0].ElementType}. Check with a photograph that the network knows; set {nameof(IbaExplainerOptions.Preprocessing)} if it was trained with other numbers.", isWarning: true);
        return takesIntegers ? ImagePreprocessing.Raw : FittedTo(network.Inputs[0].Shape);
    }

    // A photograph is cut to the size that the network declares, from a slightly larger one, as in training.
    private static ImagePreprocessing FittedTo(IReadOnlyList<long> shape)
    {
        if (shape is not [_, 3, > 0 and var height, > 0 and var width] || (height == 224 && width == 224)) return ImagePreprocessing.ImageNet;
        return ImagePreprocessing.ImageNet with { ResizeShorterSide = (int)Math.Round(Math.Max(height, width) * 256.0 / 224), CropHeight = (int)height, CropWidth = (int)width };
    }
}
