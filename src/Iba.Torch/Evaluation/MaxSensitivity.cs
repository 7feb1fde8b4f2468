using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Max-sensitivity: how far an explanation moves when its input moves a little. With e(x) the explanation and u_k random, max over k of
/// |e(x + u_k) - e(x)| / |e(x)|, Euclidean norms over all values.
/// </summary>
/// <remarks>
/// 0 to infinity, lower is better; a constant explanation gets 0, so it says nothing about being right. Random perturbations find less than the true maximum.
/// Yeh et al. 2019, "On the (in)fidelity and sensitivity of explanations", definition 4.1, which does not divide
/// (<see cref="SensitivityScores.Unnormalized"/>); Captum divides.
/// </remarks>
/// <param name="radius">The perturbations are drawn evenly from -radius to radius for each value, in the network's own (normalised) space. Above 0; default 0.02.</param>
/// <param name="count">The number of perturbations, at least 1; default 10.</param>
public sealed class MaxSensitivity(double radius = 0.02, int count = 10)
{
    private readonly double _radius = radius > 0 && double.IsFinite(radius)
        ? radius
        : throw new ArgumentOutOfRangeException(nameof(radius), radius, $"The radius is {radius}; allowed: above 0.");

    private readonly int _count = count >= 1
        ? count
        : throw new ArgumentOutOfRangeException(nameof(count), count, $"There are {count} perturbations; allowed: at least 1.");

    /// <summary>The seed of the perturbations, which are the same for every row. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Judges a way to explain.</summary>
    /// <param name="inputs">The explained input, float <c>[N, ...]</c>.</param>
    /// <param name="explain">
    /// Explains inputs of that shape: float <c>[N, ...]</c>, any number of values for each row; of the same classes each time. It is called once more than there
    /// are perturbations; its results are disposed.
    /// </param>
    /// <param name="cancellation">Ends the work between two explanations.</param>
    /// <returns>The scores of each row; NaN for a row whose explanation holds NaN.</returns>
    /// <exception cref="ArgumentException">The inputs hold integers, or explanations differ in shape.</exception>
    public IReadOnlyList<SensitivityScores> Measure(Tensor inputs, Func<Tensor, Tensor> explain, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        using var generator = new Generator((ulong)Seed);
        // One at a time: all together would take as much memory as that many inputs.
        return Measure(inputs, _count, _ => rand([1, .. inputs.shape[1..]], generator: generator).mul_(2 * _radius).sub_(_radius), explain, cancellation);
    }

    /// <inheritdoc cref="Measure(Tensor, Func{Tensor, Tensor}, CancellationToken)"/>
    /// <param name="inputs">The explained input, float <c>[N, ...]</c>.</param>
    /// <param name="perturbations">The perturbations to add, float <c>[N, K, ...]</c>, instead of random ones.</param>
    /// <param name="explain">Explains inputs of that shape, as above.</param>
    /// <param name="cancellation">Ends the work between two explanations.</param>
    public static IReadOnlyList<SensitivityScores> Measure(Tensor inputs, Tensor perturbations, Func<Tensor, Tensor> explain, CancellationToken cancellation = default)
    {
        Perturbations.Check(inputs, perturbations);
        return Measure(inputs, (int)perturbations.shape[1], k => perturbations.select(1, k), explain, cancellation);
    }

    private static SensitivityScores[] Measure(
        Tensor inputs, int count, Func<int, Tensor> perturbation, Func<Tensor, Tensor> explain, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(explain);
        if (!inputs.is_floating_point()) throw new ArgumentException($"The inputs are {inputs.dtype}; only floating point numbers can move a little.", nameof(inputs));
        using var scope = NewDisposeScope();
        using var original = explain(inputs);
        if (original.dim() == 0 || original.shape[0] != inputs.shape[0])
        {
            throw new ArgumentException($"The explanations are {Shapes.Format(original.shape)}; expected one row for each of {inputs.shape[0]}.", nameof(explain));
        }

        double[] norms = Norms(original), largest = new double[norms.Length];
        for (int k = 0; k < count; k++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            using var moved = explain(inputs + perturbation(k).to(inputs.dtype).to(inputs.device));
            if (!moved.shape.SequenceEqual(original.shape))
            {
                throw new ArgumentException($"Explanations differ in shape: {Shapes.Format(original.shape)} and {Shapes.Format(moved.shape)}.", nameof(explain));
            }

            double[] distances = Norms(moved.to(ScalarType.Float64) - original.to(ScalarType.Float64));
            for (int row = 0; row < norms.Length; row++) largest[row] = Math.Max(largest[row], distances[row]); // NaN stays
        }

        return [.. norms.Zip(largest, (norm, distance) => new SensitivityScores(norm > 0 ? distance / norm : double.NaN, distance))];
    }

    private static double[] Norms(Tensor values)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        return values.detach().cpu().to(ScalarType.Float64).reshape(values.shape[0], -1).square().sum([1L]).sqrt().data<double>().ToArray();
    }
}
