using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The masks of <see cref="Rise"/>: a grid of cells that are kept (1) or not (0), interpolated linearly to one cell more than the input has,
/// and shifted by less than a cell. Mask k comes from the seed and k alone.
/// </summary>
/// <param name="cells">The cells along each dimension.</param>
/// <param name="keep">The probability of a cell to be kept.</param>
/// <param name="seed">The seed.</param>
internal class RiseMasks(int cells, double keep, long seed)
{
    /// <summary>Some of the masks.</summary>
    /// <param name="first">The number of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="size">The size of the input, <c>[H, W]</c> or any other number of dimensions.</param>
    /// <returns>float32 <c>[count, ...size]</c>, 0 to 1, on the CPU.</returns>
    public virtual Tensor Make(int first, int count, long[] size) => stack(Enumerable.Range(first, count).Select(index => Make(index, size)).ToArray());

    /// <summary>Stretches a grid over an input.</summary>
    /// <param name="grid">float32, with <paramref name="cells"/> values along each dimension.</param>
    /// <param name="size">The size of the input.</param>
    /// <param name="shift">Where the input begins, along each dimension: 0 to the length of a cell - 1.</param>
    /// <param name="cells">The cells along each dimension.</param>
    public static Tensor Stretch(Tensor grid, long[] size, long[] shift, int cells)
    {
        var mask = grid;
        for (int dimension = 0; dimension < size.Length; dimension++)
        {
            var weights = Weights(cells, CellLength(size[dimension], cells) * (cells + 1)).narrow(0, shift[dimension], size[dimension]);
            mask = weights.matmul(mask.movedim([dimension], [0]).reshape(cells, -1))
                .view([size[dimension], .. mask.shape.Where((_, other) => other != dimension)]).movedim([0], [dimension]);
        }

        return mask;
    }

    private Tensor Make(int index, long[] size)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(MixedSeed.Of(seed, index), CPU);
        var grid = rand(Enumerable.Repeat((long)cells, size.Length).ToArray(), ScalarType.Float32, CPU, generator: generator).lt(keep).to(ScalarType.Float32);
        double[] places = rand([size.Length], ScalarType.Float64, CPU, generator: generator).data<double>().ToArray();
        long[] shift = places.Zip(size, (place, length) => (long)(place * CellLength(length, cells))).ToArray();
        return Stretch(grid, size, shift, cells).MoveToOuterDisposeScope();
    }

    private static long CellLength(long size, int cells) => (size + cells - 1) / cells;

    /// <summary>Linear interpolation between the centres of cells, mirrored at the first and the last, <c>[length, cells]</c>.</summary>
    private static Tensor Weights(int cells, long length)
    {
        float[] weights = new float[length * cells];
        for (long i = 0; i < length; i++)
        {
            double at = ((i + 0.5) * cells / length) - 0.5;
            long low = (long)Math.Floor(at);
            weights[(i * cells) + Mirror(low)] += (float)(1 - (at - low));
            weights[(i * cells) + Mirror(low + 1)] += (float)(at - low);
        }

        return tensor(weights, [length, cells]);

        long Mirror(long index) => cells == 1 ? 0 : index < 0 ? -index : index >= cells ? (2 * cells) - 2 - index : index;
    }
}
