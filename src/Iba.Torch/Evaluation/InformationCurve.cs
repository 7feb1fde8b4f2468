using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The information curve: what the bottleneck lets pass, in bits, and how probable the target still is, for several weights beta of the information. It
/// shows how many bits a prediction needs, and which beta asks for too few.
/// </summary>
/// <remarks>
/// Bits: the capacity of the finished mask, summed over the layer, 0 to infinity; an upper bound of the mutual information of features and noisy features.
/// Probability: of the target under the finished mask, the mean over the noise copies, 0 to 1. A curve that is high at few bits is better: compare curves of one
/// layer only. Schulz et al. 2020, equations 2 to 5.
/// </remarks>
/// <param name="betas">The weights of the information, each 0 to 1e9, at least one. Null (default): 0.1, 0.3, 1, 3 ... 1000.</param>
public sealed class InformationCurve(IReadOnlyList<double>? betas = null)
{
    private readonly double[] _betas = betas switch
    {
        null => [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000],
        { Count: 0 } => throw new ArgumentException("There is no beta: give at least one.", nameof(betas)),
        _ => [.. betas],
    };

    /// <summary>The bottleneck's other options; beta is set from the list, and the finished mask is evaluated. Null (default): the defaults.</summary>
    public BottleneckOptions? Options { get; init; }

    /// <summary>Optimises a bottleneck for each beta.</summary>
    /// <param name="network">The network, cut at the layer.</param>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of the network's inputs.</param>
    /// <param name="statistics">The layer's statistics.</param>
    /// <param name="request">What is explained; null: the predicted class.</param>
    /// <param name="cancellation">Ends the work between two steps.</param>
    /// <returns>For each row a point for each beta, in the order of the betas; NaN where the row could not be explained.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A beta or another option is out of its range.</exception>
    /// <inheritdoc cref="AttributionMethod.Explain(SplitNetwork, Activation, AttributionRequest, CancellationToken)" path="/exception"/>
    public IReadOnlyList<IReadOnlyList<InformationPoint>> Measure(
        SplitNetwork network, IReadOnlyList<Tensor> inputs, LayerStatistics statistics, AttributionRequest? request = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(statistics);
        request ??= new AttributionRequest { ChannelDimension = statistics.ChannelDimension };
        using var activation = network.Head(inputs);
        List<InformationPoint>[] curves = [.. Enumerable.Range(0, (int)activation.Rows).Select(_ => new List<InformationPoint>())];
        foreach (double beta in _betas)
        {
            var options = Options?.Copy() ?? new BottleneckOptions();
            (options.Beta, options.EvaluateFinishedMask) = (beta, true);
            using var bottleneck = new PerSampleBottleneck(statistics, options);
            using var result = (BottleneckResult)bottleneck.Explain(network, activation, request, cancellation);
            Add(curves, beta, result);
        }

        return curves;
    }

    /// <summary>The mean curve over rows: beside each beta the mean bits and probabilities. Rows with NaN do not count.</summary>
    /// <param name="curves">Curves of the same betas, at least one.</param>
    /// <returns>A point for each beta; NaN where no row counts.</returns>
    /// <exception cref="ArgumentException">There are no curves, or their betas differ.</exception>
    public static IReadOnlyList<InformationPoint> Mean(IReadOnlyList<IReadOnlyList<InformationPoint>> curves)
    {
        ArgumentNullException.ThrowIfNull(curves);
        if (curves.Count == 0 || curves.Any(curve => !curve.Select(point => point.Beta).SequenceEqual(curves[0].Select(point => point.Beta))))
        {
            throw new ArgumentException($"There are {curves.Count} curves; expected at least one, and the same betas in all.", nameof(curves));
        }

        var counted = curves.Where(curve => curve.All(IsNumber)).ToArray();
        return [.. curves[0].Select((point, index) => new InformationPoint(
            point.Beta, Of(index, one => one.Bits), Of(index, one => one.Probability), Of(index, one => one.ProbabilityBefore)))];

        double Of(int index, Func<InformationPoint, double> number) => counted.Select(curve => number(curve[index])).DefaultIfEmpty(double.NaN).Average();
    }

    /// <summary>
    /// The knee of a curve: the point where more bits begin to buy little probability. With bits and probability scaled to 0 to 1 over the curve, it is the point
    /// that lies highest above the straight line between its ends (Satopaa et al. 2011, "Finding a Kneedle in a Haystack"). The beta there is a good first choice.
    /// </summary>
    /// <param name="curve">The points of a row, or of <see cref="Mean"/>, in any order; points with NaN do not count.</param>
    /// <returns>One of the points; null where there is no knee: fewer than three points, no range, or nothing above the line.</returns>
    public static InformationPoint? Knee(IReadOnlyList<InformationPoint> curve)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var points = curve.Where(IsNumber).OrderBy(point => point.Bits).ThenBy(point => point.Probability).ToArray();
        if (points.Length < 3) return null;
        double bits = points[^1].Bits - points[0].Bits, probability = points[^1].Probability - points[0].Probability;
        if (bits <= 0 || probability <= 0) return null;
        var knee = points.MaxBy(Height)!;
        return Height(knee) > 0 ? knee : null;

        double Height(InformationPoint point) => ((point.Probability - points[0].Probability) / probability) - ((point.Bits - points[0].Bits) / bits);
    }

    private static bool IsNumber(InformationPoint point) => double.IsFinite(point.Bits) && double.IsFinite(point.Probability);

    private static void Add(List<InformationPoint>[] curves, double beta, BottleneckResult result)
    {
        using var scope = NewDisposeScope();
        double[] nats = result.Capacity.reshape(curves.Length, -1).to(ScalarType.Float64).sum([1L]).cpu().data<double>().ToArray();
        double[] kept = Of(result.ProbabilitiesWithBottleneck), before = Of(result.Probabilities);
        for (int row = 0; row < curves.Length; row++) curves[row].Add(new InformationPoint(beta, nats[row] / Math.Log(2), kept[row], before[row]));

        double[] Of(Tensor probabilities)
            => probabilities.gather(1, result.Targets.unsqueeze(1)).squeeze(1).to(ScalarType.Float64).cpu().data<double>().ToArray();
    }
}
