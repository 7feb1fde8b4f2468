using Iba.Onnx.Schema;
using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>Lets a graph compute in another floating point type than it was written in.</summary>
internal static class PrecisionChange
{
    /// <summary>Converts weights, casts and constants made at run time.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="type">Float32 or Float64.</param>
    /// <param name="keep">Tensors that belong to somebody else and are not disposed.</param>
    public static void Run(Graph graph, torch.ScalarType type, IReadOnlySet<torch.Tensor> keep)
    {
        var target = type == torch.ScalarType.Float64 ? DataType.Double : DataType.Float;
        var read = graph.Nodes.SelectMany(node => node.Inputs.Where((_, i) => !OperatorTraits.IsShapeInput(node, i)))
            .Concat(graph.Nodes.SelectMany(node => node.Subgraphs.Values.SelectMany(inner => inner.Captures())))
            .Concat(graph.Outputs.Select(output => output.Name)).ToHashSet();
        foreach (var (name, value) in graph.Constants.ToArray())
        {
            // Scales of Resize and the like are read back as they are.
            if (!value.Tensor.is_floating_point() || value.Tensor.dtype == type || !read.Contains(name)) continue;
            graph.Constants[name] = new TensorValue(value.Tensor.to(type).DetachFromDisposeScope());
            if (!keep.Contains(value.Tensor)) value.Tensor.Dispose();
        }

        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            graph.Nodes[i] = Change(graph.Nodes[i], target);
            foreach (var inner in graph.Nodes[i].Subgraphs.Values) Run(inner, type, keep);
        }
    }

    private static GraphNode Change(GraphNode node, DataType target)
    {
        if (node.Operator is not ("Cast" or "ConstantOfShape" or "Constant" or "EyeLike" or "RandomNormal" or "RandomUniform")) return node;
        var proto = node.Proto.Clone();
        foreach (var attribute in proto.Attribute)
        {
            if (attribute.Name is "to" or "dtype" && ElementTypes.IsFloatingPoint((DataType)attribute.I)) attribute.I = (long)target;
            if (attribute.Name == "value" && attribute.T != null && ElementTypes.IsFloatingPoint((DataType)attribute.T.DataType)) attribute.T = Change(attribute.T, target);
        }

        if (node.Operator == "ConstantOfShape" && proto.Attribute.Count == 0)
        {
            var zero = new TensorProto { DataType = (int)target, Dims = { 1 }, FloatData = { target == DataType.Float ? [0f] : [] } };
            if (target == DataType.Double) zero.DoubleData.Add(0);
            proto.Attribute.Add(new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = zero });
        }

        return node with { Proto = proto };
    }

    private static TensorProto Change(TensorProto proto, DataType target)
    {
        using var tensor = TensorReader.Read(proto, "constant");
        using var wide = tensor.to(torch.float64);
        var changed = new TensorProto { DataType = (int)target, Dims = { proto.Dims }, Name = proto.Name };
        if (target == DataType.Double) changed.DoubleData.AddRange(wide.data<double>());
        else changed.FloatData.AddRange(wide.data<double>().Select(value => (float)value));
        return changed;
    }
}
