using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A Gaussian along one axis, as products with banded matrices, each for a block of at most 256 positions. The borders' rule is in the
/// matrices, results repeat bit by bit on every device, and GPUs do not round matrix products to TF32 as they do convolutions.
/// </summary>
internal sealed class AxisSmoothing
{
    private const int BlockLength = 256;

    private readonly int _dimension;
    private readonly List<Block> _blocks = [];

    /// <summary>Prepares the matrices.</summary>
    /// <param name="dimension">The axis.</param>
    /// <param name="exists">Which positions of the axis exist. Each run of them is smoothed by itself; the others become 0.</param>
    /// <param name="kernel">An odd count of weights, their sum 1.</param>
    /// <param name="type">The type of the values.</param>
    /// <param name="device">The device of the values.</param>
    public AxisSmoothing(int dimension, ReadOnlySpan<bool> exists, double[] kernel, ScalarType type, Device device)
    {
        _dimension = dimension;
        for (int start = 0, end; start < exists.Length; start = end)
        {
            for (end = start; end < exists.Length && exists[end] == exists[start];) end++;
            if (!exists[start])
            {
                _blocks.Add(new(start, end - start, start, end - start, null));
                continue;
            }

            for (int first = start; first < end; first += BlockLength)
            {
                int last = Math.Min(first + BlockLength, end) - 1;
                AddBlock(start, end - start, first, last, kernel, type, device);
            }
        }
    }

    /// <summary>The smoothed tensor, of the same shape.</summary>
    public Tensor Apply(Tensor values)
    {
        var parts = _blocks
            .Select(block => Product(block.Matrix, values.narrow(_dimension, block.InputStart, block.InputLength)))
            .ToArray();
        return parts.Length == 1 ? parts[0] : cat(parts, _dimension);
    }

    /// <summary>The product with the transposed matrices: the gradient with respect to what was smoothed.</summary>
    public Tensor ApplyTransposed(Tensor gradient)
    {
        if (_blocks is [{ Matrix: { } only }]) return Product(only.transpose(0, 1), gradient);
        var sum = zeros_like(gradient);
        foreach (var block in _blocks.Where(block => block.Matrix is not null))
        {
            var part = Product(block.Matrix!.transpose(0, 1), gradient.narrow(_dimension, block.Start, block.Length));
            sum.narrow(_dimension, block.InputStart, block.InputLength).add_(part);
        }

        return sum;
    }

    private Tensor Product(Tensor? matrix, Tensor values)
    {
        if (matrix is null) return zeros_like(values);
        long last = values.dim() - 1;
        if (_dimension == last) return values.matmul(matrix.transpose(0, 1));
        if (_dimension == last - 1) return matrix.matmul(values);
        return values.transpose(_dimension, last).matmul(matrix.transpose(0, 1)).transpose(_dimension, last);
    }

    /// <summary>The rows <paramref name="first"/> to <paramref name="last"/> of the matrix of one run of positions.</summary>
    private void AddBlock(int runStart, int runLength, int first, int last, double[] kernel, ScalarType type, Device device)
    {
        int reach = kernel.Length / 2;
        int inputStart = Math.Max(first - reach, runStart);
        int inputLength = Math.Min(last + reach, runStart + runLength - 1) - inputStart + 1;
        double[,] weights = new double[last - first + 1, inputLength];
        for (int position = first; position <= last; position++)
        {
            for (int offset = -reach; offset <= reach; offset++)
            {
                int source = runStart + Border(position - runStart + offset, runLength, reach);
                weights[position - first, source - inputStart] += kernel[offset + reach];
            }
        }

        _blocks.Add(new(first, last - first + 1, inputStart, inputLength, tensor(weights, dtype: type, device: device)));
    }

    /// <summary>Mirrors at the first and last position, as the paper's code does; a run not longer than the reach repeats them instead.</summary>
    private static int Border(int position, int length, int reach)
    {
        if (length <= reach) return Math.Clamp(position, 0, length - 1);
        if (position < 0) return -position;
        return position < length ? position : 2 * (length - 1) - position;
    }

    /// <summary>Positions of the result, the positions that they are made of, and how; null: they are 0.</summary>
    private sealed record Block(int Start, int Length, int InputStart, int InputLength, Tensor? Matrix);
}
