using TorchSharp;

namespace Iba.Onnx;

/// <summary>How an ONNX file is loaded.</summary>
public sealed class OnnxNetworkOptions
{
    /// <summary>
    /// The output that holds the classes, or any other tensor of the graph; null (the default) for the first floating point output or, where
    /// that is a map, the first of shape <c>[N, classes]</c>.
    /// </summary>
    public string? OutputName { get; init; }

    /// <summary>
    /// The floating point type to compute in, <c>Float32</c> or <c>Float64</c>; null (the default) for what the file says.
    /// <see cref="OnnxNetwork.Save"/> writes the file's own weights, and beside them what they are computed in.
    /// </summary>
    public torch.ScalarType? Precision { get; init; }

    /// <summary>Whether a softmax at the end is taken out, so that the output is logits. Off in tests of what the file itself computes.</summary>
    internal bool RemoveSoftmax { get; init; } = true;

    /// <summary>These options, in the precision that a file was written with where they name none.</summary>
    internal OnnxNetworkOptions Or(torch.ScalarType? precision) => Precision != null || precision == null ? this
        : new() { OutputName = OutputName, Precision = precision, RemoveSoftmax = RemoveSoftmax };
}
