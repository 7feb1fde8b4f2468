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
