using TorchSharp;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>What flows along an edge of the graph: a tensor, a sequence of values, or an optional without value.</summary>
internal abstract record OnnxValue
{
    /// <summary>The tensors that a value holds, those of sequences inside it included.</summary>
    public static IEnumerable<torch.Tensor> TensorsOf(OnnxValue value) => value switch
    {
        TensorValue tensor => [tensor.Tensor],
        SequenceValue sequence => sequence.Items.SelectMany(TensorsOf),
        _ => [],
    };

    public static implicit operator OnnxValue(torch.Tensor tensor) => new TensorValue(tensor);
}

/// <summary>
/// A tensor. Element types that libtorch lacks are stored wider (uint16 as int32, uint32 and uint64 as int64, the 8-bit and 4-bit
/// floats as float32, 2-bit and 4-bit integers as int8); <paramref name="WidenedFrom"/> says what they stand for. Quantised values
/// through which a gradient flows are floats that stand for integers.
/// </summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="WidenedFrom">The ONNX type that the elements stand for where it is stored wider; else undefined.</param>
internal sealed record TensorValue(torch.Tensor Tensor, ElementType WidenedFrom = ElementType.Undefined) : OnnxValue
{
    /// <summary>The ONNX type of the elements.</summary>
    public ElementType ElementType => WidenedFrom == ElementType.Undefined ? NarrowTypes.Of(Tensor.dtype) : WidenedFrom;
}

/// <summary>A sequence of tensors (or of sequences).</summary>
internal sealed record SequenceValue(IReadOnlyList<OnnxValue> Items) : OnnxValue;

/// <summary>An optional that holds nothing.</summary>
internal sealed record NoValue : OnnxValue
{
    public static readonly NoValue Instance = new();
}
