using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Products with weights that are packed into a few bits, with a scale for each block (OnnxRuntime's <c>com.microsoft</c> domain).</summary>
internal static class BlockQuantizedOperators
{
    public static void Register(OperatorTable table) => table.Add("MatMulNBits", MatMulNBits, OperatorTable.Microsoft);

    /// <summary>
    /// <c>A [..., K]</c> times the transpose of a weight <c>[N, K]</c>, which comes as <c>[N, blocks, bytes]</c> with the first value in
    /// the lowest bits.
    /// </summary>
    private static Tensor MatMulNBits(OperatorCall call)
    {
        var (input, bits, blockSize) = (call[0], call.Int("bits", 4), call.Int("block_size", 0));
        var (size, columns) = (call.Int("K", 0), call.Int("N", 0));
        if (bits is not (2 or 4 or 8)) throw call.Error($"attribute 'bits' is {bits}, but must be 2, 4 or 8");
        if (size < 1 || columns < 1 || blockSize < 16) throw call.Error($"has K {size}, N {columns} and block_size {blockSize}");
        if (call.Optional(4) is not null) throw call.Error("has an index of groups (input 4), which is not supported");
        long blocks = ((size - 1) / blockSize) + 1;
        if (call[1].dtype != ScalarType.Byte || call[1].numel() != columns * blocks * blockSize * bits / 8)
            throw call.Error($"a weight of shape {call[1].ShapeText()} is not that of {columns} columns with {blocks} blocks of {blockSize} values");
        if (call[2].numel() != columns * blocks) throw call.Error($"scales of shape {call[2].ShapeText()} are not {columns} times {blocks}");

        var type = Precision.Floating(input.dtype);
        var values = Unpack(call[1].reshape(columns, -1), bits).reshape(columns, blocks, blockSize).to(type);
        var weight = (values - ZeroPoints(call, bits, columns, blocks).to(type)) * call[2].reshape(columns, blocks, 1).to(type);
        var product = MatrixProduct.Multiply(call, input.to(type), weight.reshape(columns, -1).narrow(1, 0, size).t());
        return (call.Optional(5) is { } bias ? MicrosoftOperators.Sum(call, product, bias) : product).to(input.dtype);
    }

    /// <summary>One for each block: packed like the weight (each column begins a byte), as numbers, or the middle of the range.</summary>
    private static Tensor ZeroPoints(OperatorCall call, long bits, long columns, long blocks)
    {
        if (call.Optional(3) is not { } points) return tensor(1L << (int)(bits - 1), device: call[0].device);
        long perColumn = points.dtype == ScalarType.Byte ? ((blocks * bits) + 7) / 8 : blocks;
        if (points.numel() != columns * perColumn) throw call.Error($"zero points of shape {points.ShapeText()} are not {columns} times {perColumn}");
        var rows = points.reshape(columns, perColumn);
        return (points.dtype == ScalarType.Byte ? Unpack(rows, bits).narrow(1, 0, blocks) : rows).unsqueeze(2);
    }

    private static Tensor Unpack(Tensor bytes, long bits)
    {
        var parts = Enumerable.Range(0, (int)(8 / bits)).Select(part => bytes.to(ScalarType.Int32).floor_divide(1L << (int)(part * bits)).remainder(1L << (int)bits));
        return stack(parts.ToArray(), -1).flatten(1);
    }
}
