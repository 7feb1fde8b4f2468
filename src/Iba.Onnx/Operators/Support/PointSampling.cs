using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Reads images at real-valued coordinates, differentiable with respect to both.</summary>
internal static class PointSampling
{
    /// <summary>
    /// The elements around each point, times their weights. The point's value is their sum.
    /// </summary>
    /// <param name="images">Images <c>[B, C, ...]</c>.</param>
    /// <param name="coordinates">For each spatial dimension the coordinates in elements, <c>[B, P]</c>.</param>
    /// <param name="taps">How many elements around a point take part in each dimension, with their weights <c>[B, P]</c>.</param>
    /// <param name="place">Brings an index <c>[B, P]</c> into a dimension of a given size.</param>
    /// <param name="zeroOutside">Whether elements outside the image count as zero (otherwise <paramref name="place"/> brings them inside).</param>
    /// <returns>One tensor <c>[B, C, P]</c> for each element that takes part.</returns>
    public static IEnumerable<Tensor> Taps(
        Tensor images,
        IReadOnlyList<Tensor> coordinates,
        Func<Tensor, (Tensor Index, Tensor Weight)[]> taps,
        Func<Tensor, int, Tensor> place,
        bool zeroOutside)
    {
        long[] sizes = images.shape[2..];
        var flat = images.flatten(2);
        var combinations = new List<(Tensor Index, Tensor Weight)> { (zeros([1], int64, images.device), ones([1], images.dtype, images.device)) };
        for (int d = 0; d < sizes.Length; d++)
        {
            var (size, dimension) = (sizes[d], d);
            var own = taps(coordinates[d]).Select(tap =>
            {
                var index = place(tap.Index, dimension);
                var weight = zeroOutside ? tap.Weight * (index.ge(0) & index.lt(size)).to(tap.Weight.dtype) : tap.Weight;
                return (Index: index.clamp(0, size - 1), Weight: weight);
            }).ToArray();
            combinations = combinations
                .SelectMany(known => own.Select(tap => ((known.Index * size) + tap.Index, known.Weight * tap.Weight))).ToList();
        }

        foreach (var (index, weight) in combinations)
        {
            var everywhere = index.unsqueeze(1).expand(images.shape[0], images.shape[1], -1);
            yield return flat.gather(2, everywhere) * weight.unsqueeze(1);
        }
    }

    /// <summary>The two neighbours of each coordinate, for linear interpolation.</summary>
    public static (Tensor Index, Tensor Weight)[] Linear(Tensor coordinate)
    {
        var below = coordinate.detach().floor();
        var ratio = coordinate - below;
        var index = below.to(int64);
        return [(index, 1 - ratio), (index + 1, ratio)];
    }

    /// <summary>The nearest element, halves to even.</summary>
    public static (Tensor Index, Tensor Weight)[] Nearest(Tensor coordinate)
        => [(coordinate.detach().round().to(int64), ones_like(coordinate))];

    /// <summary>Four elements, for cubic convolution with coefficient -0.75.</summary>
    public static (Tensor Index, Tensor Weight)[] Cubic(Tensor coordinate)
    {
        const double a = -0.75;
        var below = coordinate.detach().floor();
        var ratio = coordinate - below;
        var index = below.to(int64);
        return
        [
            (index - 1, Far(ratio + 1)), (index, Near(ratio)), (index + 1, Near(1 - ratio)), (index + 2, Far(2 - ratio)),
        ];

        static Tensor Near(Tensor x) => ((((a + 2) * x) - (a + 3)) * x * x) + 1;
        static Tensor Far(Tensor x) => ((((a * x) - (5 * a)) * x) + (8 * a)) * x - (4 * a);
    }
}
