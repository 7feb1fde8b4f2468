namespace Iba.Benchmarks;

/// <summary>A network of the comparison, and where it is cut.</summary>
/// <param name="Name">As the tables show it.</param>
/// <param name="File">The ONNX file.</param>
/// <param name="Layer">The layer, as the ONNX file names it.</param>
/// <param name="LayerTitle">The layer, as people name it.</param>
/// <param name="Bar">How many times faster than the whole network re-run this library is meant to be.</param>
/// <param name="FastBar">The same for <see cref="Iba.Torch.IbaPreset.Fast"/>, where the processor multiplies bfloat16.</param>
/// <param name="FastReferenceBar">How many times faster than the reference package <see cref="Iba.Torch.IbaPreset.Fast"/> is meant to be there.</param>
internal sealed record BenchmarkNetwork(string Name, string File, string Layer, string LayerTitle, double Bar, double FastBar, double FastReferenceBar)
{
    /// <summary>The three networks; the larger two come from <c>export_networks.py</c> and may be missing.</summary>
    /// <param name="folder">Where <c>resnet50.onnx</c> and <c>vgg16.onnx</c> lie.</param>
    public static BenchmarkNetwork[] All(string folder) =>
    [
        new("EfficientNet-Lite0", Assets.Path("efficientnet-lite0.onnx"), "blocks.4", "blocks.4", 5, 14, 18),
        new("ResNet-50", Path.Combine(folder, "resnet50.onnx"), "/layer2/layer2.3/relu_2/Relu_output_0", "layer2", 3.5, 12, 8),
        new("VGG-16", Path.Combine(folder, "vgg16.onnx"), "/features/features.18/Relu_output_0", "conv4_1", 7, 16, 18),
    ];
}
