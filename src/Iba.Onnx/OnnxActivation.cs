using Iba.Torch;
using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>
/// The features at a cut, with the inputs that masks beside the features are computed from. The masks are computed once for each
/// number of copies, not at each step.
/// </summary>
internal sealed class OnnxActivation(Tensor features, IReadOnlyList<Tensor> context, long inputRows) : Activation(features, context)
{
    private readonly Dictionary<long, OnnxValue[]> _masks = [];
    private int _weightChanges;

    /// <summary>The rows of the inputs; other than <see cref="Activation.Rows"/> where the features do not have the batch first.</summary>
    public long InputRows => inputRows;

    /// <summary>The integer type that the features stand for, where the cut is between quantised operators; else undefined.</summary>
    public ElementType QuantizedAs { get; init; }

    /// <summary>The values beside the features for a number of copies of each row, computed at the first call.</summary>
    /// <param name="copies">The number of copies.</param>
    /// <param name="weightChanges">The graph's <see cref="Graph.WeightChanges"/>: after another change the values are computed anew.</param>
    /// <param name="compute">Computes them.</param>
    public OnnxValue[] Masks(long copies, int weightChanges, Func<OnnxValue[]> compute)
    {
        if (_weightChanges != weightChanges) Forget();
        _weightChanges = weightChanges;
        if (_masks.TryGetValue(copies, out var masks)) return masks;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        masks = compute();
        foreach (var tensor in masks.SelectMany(OnnxValue.TensorsOf)) tensor.DetachFromDisposeScope();
        return _masks[copies] = masks;
    }

    /// <inheritdoc/>
    public override Activation Slice(long start, long count)
        => new OnnxActivation(Features.narrow(0, start, count), Context.Select(tensor => tensor.narrow(0, start, count)).ToArray(), count) { QuantizedAs = QuantizedAs };

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Forget();
        base.Dispose(disposing);
    }

    private void Forget()
    {
        foreach (var tensor in _masks.Values.SelectMany(masks => masks).SelectMany(OnnxValue.TensorsOf)) tensor.Dispose();
        _masks.Clear();
    }
}
