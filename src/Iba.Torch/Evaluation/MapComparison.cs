using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>How alike two maps of the same rows are: structural similarity and rank correlation.</summary>
/// <remarks>
/// Signed: the maps as they are, for SSIM divided by their largest absolute value (range 2). Absolute: their absolute values, for SSIM divided by the
/// largest (range 1). SSIM: Wang et al. 2004, as scikit-image computes it. Rank correlation: Spearman's, as scipy computes it.
/// </remarks>
public static class MapComparison
{
    /// <summary>Compares maps.</summary>
    /// <param name="first">float <c>[N, H, W]</c>.</param>
    /// <param name="second">float <c>[N, H, W]</c>.</param>
    /// <returns>The similarities of each row.</returns>
    /// <exception cref="ArgumentException">The maps are no pictures of the same size.</exception>
    public static IReadOnlyList<MapSimilarity> Measure(Tensor first, Tensor second)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.dim() != 3) throw new ArgumentException($"The maps are {Shapes.Format(first.shape)}; expected [N, H, W].", nameof(first));
        MapRows.Check(first, first.shape[0], first.shape[1..], nameof(first));
        MapRows.Check(second, first.shape[0], first.shape[1..], nameof(second));
        int height = (int)first.shape[1], width = (int)first.shape[2];
        return [.. Enumerable.Range(0, (int)first.shape[0]).Select(row => Of(MapRows.Of(first, row), MapRows.Of(second, row), height, width))];
    }

    private static MapSimilarity Of(double[] a, double[] b, int height, int width)
    {
        double[] absoluteA = Array.ConvertAll(a, Math.Abs), absoluteB = Array.ConvertAll(b, Math.Abs);
        var (signedSsim, signedGaussian) = Ssim(a, b, range: 2);
        var (ssim, gaussian) = Ssim(absoluteA, absoluteB, range: 1);
        return new MapSimilarity(
            signedSsim, signedGaussian, Correlation.Spearman(a, b), ssim, gaussian, Correlation.Spearman(absoluteA, absoluteB));

        (double Uniform, double Gaussian) Ssim(double[] first, double[] second, double range)
        {
            double[] scaledFirst = Scaled(first), scaledSecond = Scaled(second);
            return (
                StructuralSimilarity.Uniform.Of(scaledFirst, scaledSecond, height, width, range),
                StructuralSimilarity.Gaussian.Of(scaledFirst, scaledSecond, height, width, range));
        }
    }

    /// <summary>0 / 0, in a map of zeros, is NaN, and so is its similarity.</summary>
    private static double[] Scaled(double[] map)
    {
        double largest = map.Max(Math.Abs);
        return Array.ConvertAll(map, value => value / largest);
    }
}
