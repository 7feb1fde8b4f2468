using Iba.Torch;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>How an ONNX file is loaded.</summary>
public sealed class OnnxNetworkOptions
{
    /// <summary>
    /// The output that holds the class scores, or any other tensor of shape <c>[N, classes]</c> (further dimensions must be 1); null (the
    /// default) for the likeliest: of the outputs whose declared shape allows it, those with names like logits before others, and those
    /// that are called embeddings, features or boxes last. See <see cref="OnnxNetwork.OutputName"/> and <see cref="OnnxNetwork.OtherOutputs"/>.
    /// </summary>
    public string? OutputName { get; init; }

    /// <summary>
    /// Outputs, or any other tensors, that are taken as they are, of whatever shape with the rows first: for targets that are no classes, such as boxes, regions, values
    /// and vectors (<see cref="ExplanationTarget"/>). Several are joined along their last dimension, in this order: a detector's boxes <c>[N, boxes, 4]</c> and scores
    /// <c>[N, boxes, classes]</c>. Set either this or <see cref="OutputName"/>. <see cref="OnnxNetwork.Save"/> writes what is joined as the only output. Null (the
    /// default): class scores are looked for.
    /// </summary>
    public IReadOnlyList<string>? OutputNames { get; init; }

    /// <summary>
    /// The floating point type to compute in, <c>Float32</c> or <c>Float64</c>; null (the default) for what the file says.
    /// <see cref="OnnxNetwork.Save"/> writes the file's own weights, and beside them what they are computed in.
    /// </summary>
    public torch.ScalarType? Precision { get; init; }

    /// <summary>
    /// The values of inputs that are the same for all rows, by name, for example <c>["keep_prob"] = [1]</c> or <c>["training"] = [0]</c>:
    /// they become constants, and are no <see cref="OnnxNetwork.Inputs"/> any more. One value stands for all elements, else there is one for
    /// each. Null (the default): all inputs are fed. <see cref="OnnxNetwork.Save"/> writes them into the file.
    /// </summary>
    public IReadOnlyDictionary<string, double[]>? InputValues { get; init; }

    /// <summary>
    /// How many bytes the file may hold beside its large weights (nodes, names, small constants, weights in typed fields of integers). At
    /// least 1; default 536,870,912 (512 MiB). Files of networks that are in use hold a few MiB.
    /// </summary>
    public long MaximumGraphBytes { get; init => field = Checked(value, nameof(MaximumGraphBytes)); } = 1L << 29;

    /// <summary>
    /// How many fields the file may hold (nodes, attributes, initializers, names, shapes), which take memory beyond their bytes. At least 1;
    /// default 4,194,304. A node has some ten to twenty.
    /// </summary>
    public int MaximumGraphFields { get; init => field = (int)Checked(value, nameof(MaximumGraphFields)); } = 1 << 22;

    /// <summary>Whether a softmax at the end is taken out, so that the output is logits. Off in tests of what the file itself computes.</summary>
    internal bool RemoveSoftmax { get; init; } = true;

    internal FileLimits Limits => new(MaximumGraphBytes, MaximumGraphFields);

    /// <summary>These options, with the precision and the output that a file was written with where they name none.</summary>
    /// <param name="precision">The precision; null: the file does not say it.</param>
    /// <param name="output">The output that was taken as it is; null: there was none.</param>
    internal OnnxNetworkOptions Or(torch.ScalarType? precision, string? output)
        => (Precision != null || precision == null) && (OutputName != null || OutputNames != null || output == null) ? this
        : new()
        {
            OutputName = OutputName,
            OutputNames = OutputNames ?? (OutputName == null && output != null ? [output] : null),
            Precision = Precision ?? precision,
            InputValues = InputValues,
            MaximumGraphBytes = MaximumGraphBytes,
            MaximumGraphFields = MaximumGraphFields,
            RemoveSoftmax = RemoveSoftmax,
        };

    private static long Checked(long value, string name)
        => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; allowed: at least 1.");
}
