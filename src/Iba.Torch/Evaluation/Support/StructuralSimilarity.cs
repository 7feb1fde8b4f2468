namespace Iba.Torch;

/// <summary>
/// SSIM (Wang et al. 2004) with K1 = 0.01 and K2 = 0.03, the mean over the windows that lie wholly inside the picture; as
/// skimage.metrics.structural_similarity.
/// </summary>
/// <param name="weights">The window's weights along one axis; they sum to 1.</param>
/// <param name="correction">What turns the window's variances into those that are used.</param>
internal sealed class StructuralSimilarity(double[] weights, double correction)
{
    /// <summary>A window of 7 x 7, all pixels alike, with sample variances: skimage's default.</summary>
    public static StructuralSimilarity Uniform { get; } = new([.. Enumerable.Repeat(1.0 / 7, 7)], 49.0 / 48);

    /// <summary>A Gaussian window of deviation 1.5, 11 x 11, with population variances: the paper's.</summary>
    public static StructuralSimilarity Gaussian { get; } = new(GaussianWeights(1.5, 5), 1);

    /// <summary>The similarity of two pictures, -1 to 1; NaN where they are smaller than the window or hold NaN.</summary>
    /// <param name="a">Row-major.</param>
    /// <param name="b">Row-major.</param>
    /// <param name="height">The height of both.</param>
    /// <param name="width">The width of both.</param>
    /// <param name="range">The largest difference that there can be between two values.</param>
    public double Of(double[] a, double[] b, int height, int width, double range)
    {
        if (height < weights.Length || width < weights.Length) return double.NaN;
        double c1 = Math.Pow(0.01 * range, 2), c2 = Math.Pow(0.03 * range, 2);
        double[] meanA = Average(a), meanB = Average(b), aa = Average(Product(a, a)), bb = Average(Product(b, b)), ab = Average(Product(a, b));
        double sum = 0;
        for (int i = 0; i < meanA.Length; i++)
        {
            double varianceA = correction * (aa[i] - (meanA[i] * meanA[i]));
            double varianceB = correction * (bb[i] - (meanB[i] * meanB[i]));
            double covariance = correction * (ab[i] - (meanA[i] * meanB[i]));
            sum += ((2 * meanA[i] * meanB[i]) + c1) * ((2 * covariance) + c2)
                / (((meanA[i] * meanA[i]) + (meanB[i] * meanB[i]) + c1) * (varianceA + varianceB + c2));
        }

        return sum / meanA.Length;

        double[] Average(double[] values) => Columns(Rows(values, height, width), height, width - weights.Length + 1);
    }

    private static double[] GaussianWeights(double deviation, int radius)
    {
        double[] weights = [.. Enumerable.Range(-radius, (2 * radius) + 1).Select(distance => Math.Exp(-distance * distance / (2 * deviation * deviation)))];
        double total = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / total);
    }

    private static double[] Product(double[] a, double[] b)
    {
        double[] product = new double[a.Length];
        for (int i = 0; i < a.Length; i++) product[i] = a[i] * b[i];
        return product;
    }

    /// <summary>Averages along each row.</summary>
    private double[] Rows(double[] values, int height, int width)
    {
        int left = width - weights.Length + 1;
        double[] averages = new double[height * left];
        for (int i = 0; i < averages.Length; i++)
        {
            int first = (i / left * width) + (i % left);
            for (int k = 0; k < weights.Length; k++) averages[i] += weights[k] * values[first + k];
        }

        return averages;
    }

    /// <summary>Averages down each column.</summary>
    private double[] Columns(double[] values, int height, int width)
    {
        double[] averages = new double[(height - weights.Length + 1) * width];
        for (int i = 0; i < averages.Length; i++)
        {
            for (int k = 0; k < weights.Length; k++) averages[i] += weights[k] * values[i + (k * width)];
        }

        return averages;
    }
}
