using TorchSharp;

namespace Iba.Onnx;

/// <summary>How an ONNX file is loaded.</summary>
public sealed class OnnxNetworkOptions
{
    /// <summary>
    /// The output that holds the classes, or any other tensor of the graph; null (the default) for the first floating point output of
    /// shape <c>[N, classes]</c> or, without one, the first floating point output.
    /// </summary>
    public string? OutputName { get; init; }

    /// <summary>
    /// The floating point type to compute in, <c>Float32</c> or <c>Float64</c>; null (the default) for what the file says.
    /// <see cref="OnnxNetwork.Save"/> writes the file's own weights, whatever they are computed in.
    /// </summary>
    public torch.ScalarType? Precision { get; init; }

    /// <summary>Whether a softmax at the end is taken out, so that the output is logits. Off in tests of what the file itself computes.</summary>
    internal bool RemoveSoftmax { get; init; } = true;
}
