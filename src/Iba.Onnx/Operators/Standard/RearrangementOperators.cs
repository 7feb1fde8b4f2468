using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Operators that move elements between channels and positions, or to and from blocks.</summary>
internal static class RearrangementOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("CenterCropPad", CenterCropPad);
        table.Add("Col2Im", Col2Im);
        table.Add("DepthToSpace", DepthToSpace);
        table.Add("SpaceToDepth", SpaceToDepth);
    }

    private static Tensor DepthToSpace(OperatorCall call)
    {
        var (input, block) = Blocks(call);
        var (n, c, h, w) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3]);
        if (c % (block * block) != 0) throw call.Error($"{c} channels do not fill blocks of {block} x {block}");
        long depth = c / (block * block);
        var split = ColumnsFirst(call)
            ? input.reshape(n, depth, block, block, h, w).permute(0, 1, 4, 2, 5, 3)
            : input.reshape(n, block, block, depth, h, w).permute(0, 3, 4, 1, 5, 2);
        return split.reshape(n, depth, h * block, w * block);
    }

    private static Tensor SpaceToDepth(OperatorCall call)
    {
        var (input, block) = Blocks(call);
        var (n, c, h, w) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3]);
        if (h % block != 0 || w % block != 0) throw call.Error($"{h} x {w} elements do not fill blocks of {block} x {block}");
        var split = input.reshape(n, c, h / block, block, w / block, block);
        var moved = ColumnsFirst(call) ? split.permute(0, 1, 3, 5, 2, 4) : split.permute(0, 3, 5, 1, 2, 4);
        return moved.reshape(n, c * block * block, h / block, w / block);
    }

    private static (Tensor Input, long Block) Blocks(OperatorCall call)
    {
        long block = call.Int("blocksize", 0);
        return block is > 0 and < 1 << 20 ? (call.WithRank(0, 4, 4), block) : throw call.Error($"attribute 'blocksize' is {block}, but must be positive");
    }

    /// <summary>Whether channels come before the block's elements (CRD) or after them (DCR).</summary>
    private static bool ColumnsFirst(OperatorCall call) => call.String("mode", "DCR") switch
    {
        "CRD" => true,
        "DCR" => false,
        var other => throw call.Error($"mode '{other}' is none of DCR, CRD"),
    };

    /// <summary>Adds the columns <c>[N, C * block, L]</c> of sliding blocks into an image of any number of dimensions.</summary>
    private static Tensor Col2Im(OperatorCall call)
    {
        var input = call.WithRank(0, 3, 3);
        long[] image = call.Longs(1) ?? throw call.Error("needs an image shape");
        long[] block = call.Longs(2) ?? throw call.Error("needs a block shape");
        int rank = image.Length;
        if (block.Length != rank || rank == 0 || block.Concat(image).Any(size => size < 1))
            throw call.Error($"image {Shapes.Format(image)} and block {Shapes.Format(block)} need positive sizes of the same rank");
        long[] strides = call.Ints("strides", rank, otherwise: 1, least: 1);
        long[] dilations = call.Ints("dilations", rank, otherwise: 1, least: 1);
        long[] pads = call.Ints("pads", 2 * rank, otherwise: 0, least: 0);
        long[] padded = image.Select((size, d) => size + pads[d] + pads[d + rank]).ToArray();
        long[] steps = padded.Select((size, d) => ((size - ((block[d] - 1) * dilations[d]) - 1) / strides[d]) + 1).ToArray();
        OperatorLimits.Check(call, [.. input.shape[..2], .. padded], input.numel());
        long elements = OperatorLimits.Check(call, block, input.numel()).Product();
        if (input.shape[1] % elements != 0 || steps.Any(count => count < 1) || input.shape[2] != steps.Product())
            throw call.Error($"shape {input.ShapeText()} does not hold blocks of {Shapes.Format(block)} at {Shapes.Format(steps)} positions");

        // Where each block element of each position lies in the padded image, counted flat: [elements, positions].
        var index = zeros([1, 1], int64, input.device);
        for (int d = 0; d < rank; d++)
        {
            var place = (arange(block[d], int64, input.device) * dilations[d]).unsqueeze(1) + (arange(steps[d], int64, input.device) * strides[d]).unsqueeze(0);
            index = ((index * padded[d]).unsqueeze(1).unsqueeze(3) + place.unsqueeze(0).unsqueeze(2)).reshape(index.shape[0] * block[d], index.shape[1] * steps[d]);
        }

        var data = input.Widen();
        long channels = input.shape[1] / elements;
        var columns = data.reshape(input.shape[0], channels, -1);
        var sums = zeros([input.shape[0], channels, padded.Product()], data.dtype, data.device).index_add(2, index.flatten(), columns, 1);
        var output = sums.reshape([input.shape[0], channels, .. padded]);
        for (int d = 0; d < rank; d++) output = output.narrow(d + 2, pads[d], image[d]);
        return output.contiguous().As(input.dtype);
    }

    /// <summary>Crops the middle, or pads around it with zeros; an odd element goes to the end.</summary>
    private static Tensor CenterCropPad(OperatorCall call)
    {
        var input = call[0];
        long[] sizes = call.Longs(1) ?? throw call.Error("needs a shape");
        long[] axes = call.Ints("axes") ?? [.. Enumerable.Range(0, (int)input.dim()).Select(axis => (long)axis)];
        if (axes.Length != sizes.Length) throw call.Error($"{sizes.Length} sizes do not go with {axes.Length} axes");
        var (begin, end) = (new long[input.dim()], new long[input.dim()]);
        long[] shape = input.shape;
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = call.Axis(axes[i], input.dim());
            long missing = sizes[i] - input.shape[axis];
            begin[axis] = missing >= 0 ? missing / 2 : -(-missing / 2);
            end[axis] = missing - begin[axis];
            shape[axis] = sizes[i];
        }

        OperatorLimits.Check(call, shape, input.numel());
        return nn.functional.pad(input, SpatialWindow.TorchOrder(begin, end));
    }
}
