using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Infidelity: how far an explanation is from predicting what a change of the input does. With perturbations I_k, the explanation e and the target's score
/// f, mean over k of (I_k . e - (f(x) - f(x - I_k)))^2.
/// </summary>
/// <remarks>
/// 0 to infinity, in squared units of the score; lower is better. It reads e as a gradient: values per unit of the input. Maps in other units are
/// scaled first by the one number that suits them best (<see cref="InfidelityScores.Normalized"/>). f is the logit, or the logarithm of the probability where the
/// network gives probabilities. Yeh et al. 2019, "On the (in)fidelity and sensitivity of explanations", definition 2.1.
/// </remarks>
/// <param name="deviation">The perturbations are Gaussian noise of this deviation, in the network's own (normalised) space. Above 0; default 0.2.</param>
/// <param name="count">The number of perturbations, at least 1; default 100.</param>
public sealed class Infidelity(double deviation = 0.2, int count = 100)
{
    private readonly double _deviation = deviation > 0 && double.IsFinite(deviation)
        ? deviation
        : throw new ArgumentOutOfRangeException(nameof(deviation), deviation, $"The deviation is {deviation}; allowed: above 0.");

    private readonly int _count = count >= 1
        ? count
        : throw new ArgumentOutOfRangeException(nameof(count), count, $"There are {count} perturbations; allowed: at least 1.");

    /// <summary>The seed of the perturbations, which are the same for every row. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Judges explanations of rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="explanations">
    /// float <c>[N, ...]</c> of the explained input's shape; or a map <c>[N, H, W]</c>, whose value then holds for every channel.
    /// </param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    /// <returns>The scores of each row; NaN for a row whose explanation holds NaN or infinity, or whose class does not exist.</returns>
    /// <exception cref="ArgumentException">The explanations have another shape, or the input holds integers.</exception>
    public IReadOnlyList<InfidelityScores> Measure(EvaluationRows rows, Tensor explanations, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seed);
        var noise = randn([1, _count, .. rows.Input.shape[1..]], generator: generator).mul_(_deviation);
        return Measure(rows, explanations, noise.expand([rows.Count, .. noise.shape[1..]]), cancellation);
    }

    /// <inheritdoc cref="Measure(EvaluationRows, Tensor, CancellationToken)"/>
    /// <param name="rows">The rows.</param>
    /// <param name="explanations">The explanations, as above.</param>
    /// <param name="perturbations">
    /// What is subtracted, float <c>[N, K, ...]</c>, instead of noise: for example the input within squares and 0 elsewhere, which removes the squares.
    /// </param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    public static IReadOnlyList<InfidelityScores> Measure(
        EvaluationRows rows, Tensor explanations, Tensor perturbations, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        rows.RefuseMask(nameof(Infidelity), nameof(rows));
        if (!rows.Input.is_floating_point()) throw new ArgumentException($"The explained input is {rows.Input.dtype}; only floating point numbers can be perturbed.", nameof(rows));
        Perturbations.Check(rows.Input, perturbations);
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var effects = Effects(rows, explanations);
        int count = (int)perturbations.shape[1];
        var results = new InfidelityScores[rows.Count];
        for (int index = 0; index < results.Length; index++)
        {
            using var step = NewDisposeScope();
            using var row = new EvaluationRow(rows, index, cancellation);
            double[] effect = MapRows.Of(effects, index);
            if (!row.HasTarget || !Correlation.AllFinite(effect))
            {
                results[index] = new InfidelityScores(double.NaN, double.NaN);
                continue;
            }

            var changes = perturbations[index];
            double[] scores = row.Scores(count + 1, (first, part) =>
            {
                // The first version is the input itself.
                var moved = changes.narrow(0, Math.Max(0, first - 1), first == 0 ? part - 1 : part).to(row.Input.dtype).to(row.Input.device);
                return first == 0 ? cat([row.Input, row.Input - moved], 0) : row.Input - moved;
            });
            double[] predicted = changes.cpu().to(ScalarType.Float64).reshape(count, -1).mv(tensor(effect, ScalarType.Float64)).data<double>().ToArray();
            results[index] = Compare(predicted, [.. scores.Skip(1).Select(score => scores[0] - score)]);
        }

        return results;
    }

    private static Tensor Effects(EvaluationRows rows, Tensor explanations)
    {
        ArgumentNullException.ThrowIfNull(explanations);
        long[] shape = rows.Input.shape;
        if (explanations.is_floating_point() && explanations.shape.SequenceEqual(shape)) return explanations;
        MapRows.Check(explanations, rows.Count, rows.Positions, nameof(explanations));
        return rows.ChannelDimension == 0 ? explanations : explanations.unsqueeze(rows.ChannelDimension).expand(shape);
    }

    private static InfidelityScores Compare(double[] predicted, double[] happened)
    {
        double squares = predicted.Sum(value => value * value);
        double scale = squares > 0 ? predicted.Zip(happened, (p, h) => p * h).Sum() / squares : 0;
        return new InfidelityScores(MeanSquare(1), MeanSquare(scale));

        double MeanSquare(double factor) => predicted.Zip(happened, (p, h) => Math.Pow((factor * p) - h, 2)).Average();
    }
}
