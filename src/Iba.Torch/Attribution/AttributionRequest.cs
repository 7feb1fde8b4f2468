using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What is asked of an <see cref="AttributionMethod"/> for N rows.</summary>
public sealed class AttributionRequest
{
    /// <summary>What is explained of each row. Default <see cref="ExplanationTarget.PredictedClass"/>.</summary>
    public ExplanationTarget Target { get; init; } = ExplanationTarget.PredictedClass;

    /// <summary>int64 <c>[N]</c>: the rows' classes, for <see cref="ExplanationTarget.Label"/>; counted from 0. Null (default): there are none.</summary>
    public Tensor? Labels { get; init; }

    /// <summary>
    /// bool <c>[N, positions...]</c>: which positions of the features exist; padding gets 0. Null (default): all.
    /// </summary>
    public Tensor? Mask { get; init; }

    /// <summary>
    /// The dimension of the channels in the features: 1 for <c>[N, C, H, W]</c>, <c>[N, C, L]</c> and <c>[N, C]</c>, 2 for
    /// <c>[N, T, D]</c>, 3 for <c>[N, H, W, C]</c>; 0: there are none, every other dimension counts positions. Default 1.
    /// </summary>
    public int ChannelDimension { get; init; } = 1;

    /// <summary>
    /// The size of the explained input, <c>[H, W]</c> or <c>[L]</c>: features <c>[N, T, D]</c> over an input <c>[H, W]</c> are the fields
    /// of a grid, row by row. Empty (default): not known, positions stay as they are.
    /// </summary>
    public IReadOnlyList<long> InputSize { get; init; } = [];

    /// <summary>What the network's outputs are. Default <see cref="OutputKind.Auto"/>: what the network says, else what its values show.</summary>
    public OutputKind Output { get; init; } = OutputKind.Auto;

    /// <summary>Where and how the rows are computed. Default: together, on one thread.</summary>
    public ExecutionOptions Execution { get; init; } = new();
}
