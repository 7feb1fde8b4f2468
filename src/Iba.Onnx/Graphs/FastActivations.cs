using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// Relu and Clip with known limits, as the one pass over memory that they need. Over the output of an operator that does not read
/// its output for its gradient, in place (relu and hardtanh can do that with gradients, clamp cannot).
/// </summary>
internal static class FastActivations
{
    /// <param name="node">Any node.</param>
    /// <param name="constants">The constants that it may read.</param>
    /// <param name="inPlace">Whether its input may be overwritten.</param>
    /// <returns>The faster way, or null where there is none.</returns>
    public static Func<OperatorCall, OnnxValue[]>? For(GraphNode node, IReadOnlyDictionary<string, TensorValue> constants, bool inPlace)
    {
        if (node.Domain.Length > 0 || node.Inputs.Length == 0) return null;
        if (node.Operator == "Relu" && inPlace) return call => [call[0].relu_()];
        if (node.Operator != "Clip" || node.Opset < 11) return null;
        if (Limit(node, constants, 1) is not { } low || Limit(node, constants, 2) is not { } high || low > high) return null;
        var compute = node.Compute!;
        return call => call.Value(0) is TensorValue { Tensor: var input } && input.is_floating_point() && call.InputCount <= 3
            ? [inPlace ? input.hardtanh_(low, high) : input.clamp(low, high)]
            : compute(call);
    }

    /// <summary>A limit that is a constant; null where it is computed.</summary>
    private static double? Limit(GraphNode node, IReadOnlyDictionary<string, TensorValue> constants, int index)
    {
        if (node.Inputs.Length <= index || node.Inputs[index].Length == 0) return index == 1 ? double.NegativeInfinity : double.PositiveInfinity;
        if (!constants.TryGetValue(node.Inputs[index], out var limit) || limit.Tensor.numel() != 1) return null;
        using var scope = torch.NewDisposeScope();
        double value = limit.Tensor.to(torch.float64).item<double>();
        return double.IsNaN(value) ? null : value;
    }
}
