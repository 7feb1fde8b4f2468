using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>Changes of the element type.</summary>
internal static class CastOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddMany("Cast", call => [Cast(call, (ElementType)call.Int("to", 0))]);
        table.AddMany("CastLike", call => [Cast(call, call.ElementType(1))]);
        table.AddMany("BitCast", call => [BitCast(call)]);
    }

    private static TensorValue Cast(OperatorCall call, ElementType to)
    {
        if (call.Opset < 6 && call.Attribute("to") is { S.Length: > 0 } name)
        {
            // Opset 1 writes the type's name.
            if (!Enum.TryParse(name.S.ToStringUtf8(), ignoreCase: true, out to)) throw call.Error($"casts to '{name.S.ToStringUtf8()}'");
        }
        var storage = ElementTypes.Storage(to);
        if (storage is null || NarrowTypes.Of(storage.Value) == ElementType.Undefined)
        {
            throw call.Error($"casts to {to}, which is not supported");
        }

        var input = call[0];
        if (NarrowTypes.CarriesIntegers((TensorValue)call.Value(0)!) && NarrowTypes.IsInteger(to))
        {
            // Quantised values that carry a gradient stay floats.
            return new TensorValue(input, to);
        }
        if (NarrowTypes.IsSmallFloat(to))
        {
            return new TensorValue(SmallFloatRounding.Round(input, to, call.Flag("saturate", true), call.String("round_mode", "up")), to);
        }
        if (!NarrowTypes.IsWidened(to)) return new TensorValue(input.to(storage.Value));
        return NarrowTypes.As(NarrowTypes.Wrap(input.to(ScalarType.Int64), to).to(storage.Value), to);
    }

    /// <summary>The same bits as another type of the same width.</summary>
    private static TensorValue BitCast(OperatorCall call)
    {
        var (input, from, to) = (call[0], call.ElementType(0), (ElementType)call.Int("to", 0));
        var storage = ElementTypes.Storage(to);
        if (storage is null || NarrowTypes.IsSmallFloat(to) || NarrowTypes.IsSmallFloat(from))
        {
            throw call.Error($"casts the bits of {from} to {to}, which is not supported");
        }
        if (ElementTypes.Bits(from) != ElementTypes.Bits(to)) throw call.Error($"needs types of the same width, not {from} and {to}");

        using var source = Narrow(input.detach(), from).cpu().contiguous();
        var native = NativeOf(to);
        var result = empty(source.shape, native);
        if (source.numel() > 0) source.bytes.CopyTo(result.bytes);
        if (to == ElementType.Bool) result = result.to(ScalarType.Byte).ne(0);
        return NarrowTypes.As(NarrowTypes.IsWidened(to) ? NarrowTypes.Wrap(result.to(ScalarType.Int64), to).to(storage.Value) : result, to);
    }

    /// <summary>Elements in as many bytes as their ONNX type has.</summary>
    private static Tensor Narrow(Tensor input, ElementType type) => input.to(NativeOf(type));

    /// <summary>The libtorch type of the same width.</summary>
    private static ScalarType NativeOf(ElementType type) => type switch
    {
        ElementType.Uint16 => ScalarType.Int16,
        ElementType.Uint32 => ScalarType.Int32,
        ElementType.Bool => ScalarType.Byte,
        _ => ElementTypes.Storage(type)!.Value,
    };
}
