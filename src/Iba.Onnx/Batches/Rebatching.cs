using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// Lets a graph that was exported with a fixed batch run with a larger one: reshapes whose target holds the exported batch get the
/// new one, and constants with the exported batch are repeated where they are joined to data. A guess, to be verified
/// (see <see cref="BatchedFunction"/>): nothing in the file says which dimension is the batch.
/// </summary>
/// <param name="exported">The batch size that the graph was exported with.</param>
internal sealed class Rebatching(long exported)
{
    /// <summary>How many times the exported batch the current one is.</summary>
    public long Factor { get; set; } = 1;

    public GraphNode Rewrite(GraphNode node) => (node.Domain, node.Operator, node.Compute) switch
    {
        ("", "Reshape", { } compute) => node with { Compute = call => Reshape(call, compute) },
        ("", "Concat", { } compute) => node with { Compute = call => compute(WithInputs(call, Match(call))) },
        _ => node,
    };

    private OnnxValue[] Reshape(OperatorCall call, Func<OperatorCall, OnnxValue[]> compute)
    {
        long[]? target = Factor > 1 && call.InputCount > 1 ? call.Longs(1) : null;
        if (target == null || !Scale(call[0].shape, target)) return compute(call);
        return compute(WithInputs(call, [call[0], torch.tensor(target)]));
    }

    /// <summary>Multiplies the dimension of the target that holds the batch; false where the target needs no change.</summary>
    private bool Scale(long[] shape, long[] target)
    {
        if (target.Contains(0)) return false;
        long wanted = target.Aggregate(1L, (product, size) => product * size);
        long found = shape.Aggregate(1L, (product, size) => product * size);
        if (wanted > 0 && wanted * Factor != found) return false;
        int axis = Array.IndexOf(target, exported);
        if (axis < 0 && wanted < 0) return false;
        if (axis < 0)
        {
            // The batch lies behind the leading dimensions that stay as they are, and never in the last one, the features.
            axis = shape.Zip(target).TakeWhile(pair => pair.First == pair.Second).Count();
            axis = Math.Max(0, Math.Min(axis, target.Length - 2));
        }

        target[axis] *= Factor;
        return true;
    }

    private torch.Tensor[] Match(OperatorCall call)
    {
        var tensors = call.Tensors();
        long rows = tensors.Max(tensor => tensor.dim() > 0 ? tensor.shape[0] : 0);
        int axis = call.Axis(call.Int("axis", 1), tensors[0].dim());
        if (Factor == 1 || axis == 0 || rows != exported * Factor) return tensors;
        return Array.ConvertAll(tensors, tensor => tensor.shape[0] == exported
            ? tensor.repeat([Factor, .. Enumerable.Repeat(1L, (int)tensor.dim() - 1)])
            : tensor);
    }

    private static OperatorCall WithInputs(OperatorCall call, torch.Tensor[] inputs)
        => new(call.Node, call.Opset, Array.ConvertAll(inputs, input => (OnnxValue?)input), (_, _) => []);
}
