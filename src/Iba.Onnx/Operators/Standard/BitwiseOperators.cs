using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>Operators on the bits of integers.</summary>
internal static class BitwiseOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddKeepingType("BitShift", BitShift);
        table.AddKeepingType("BitwiseAnd", call => Binary(call, bitwise_and));
        table.AddKeepingType("BitwiseOr", call => Binary(call, bitwise_or));
        table.AddKeepingType("BitwiseXor", call => Binary(call, bitwise_xor));
        table.AddKeepingType("BitwiseNot", call => call[0].bitwise_not());
    }

    private static Tensor Binary(OperatorCall call, Func<Tensor, Tensor, Tensor> compute)
    {
        var (left, right) = Broadcasting.Operands(call);
        return compute(left, right);
    }

    /// <summary>Shifts; a shift of the type's width or more, or a negative one, moves every bit out.</summary>
    private static Tensor BitShift(OperatorCall call)
    {
        var (bits, shift) = Broadcasting.Operands(call);
        int width = bits.dtype switch { ScalarType.Byte or ScalarType.Int8 => 8, ScalarType.Int16 => 16, ScalarType.Int32 => 32, _ => 64 };
        var movesAllOut = shift.lt(0).logical_or(shift.ge(width));
        var safeShift = where(movesAllOut, zeros_like(shift), shift);
        switch (call.String("direction", ""))
        {
            case "LEFT":
                return where(movesAllOut, zeros_like(bits), bits.bitwise_left_shift(safeShift));
            case "RIGHT" when call.ElementType(0) == ElementType.Uint64:
                // Stored as int64, whose shift would copy the sign; two shifts, so that a mask of 64 bits is never needed.
                var halved = bits.bitwise_right_shift(ones_like(shift)).bitwise_and(long.MaxValue);
                var rest = where(safeShift.gt(0), safeShift - 1, safeShift);
                return where(movesAllOut, zeros_like(bits), where(safeShift.gt(0), halved.bitwise_right_shift(rest), bits));
            case "RIGHT":
                var allOut = where(bits.lt(0), full_like(bits, bits.dtype == ScalarType.Byte ? 0 : -1), zeros_like(bits));
                return where(movesAllOut, allOut, bits.bitwise_right_shift(safeShift));
            default:
                throw call.Error($"has direction '{call.String("direction", "")}'; LEFT and RIGHT are defined");
        }
    }
}
