using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>Constant nodes that hold a tensor. Some exporters write weights as such nodes, not as initializers.</summary>
internal static class ConstantNode
{
    /// <summary>The tensor; null where the node is another.</summary>
    public static TensorProto? Value(NodeProto node)
        => node is { OpType: "Constant", Output: [{ Length: > 0 }], Attribute: [{ T: { } value }] }
            && OperatorSets.Normalise(node.Domain).Length == 0 ? value : null;
}
