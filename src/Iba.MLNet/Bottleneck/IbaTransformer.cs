using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(IbaTransformer.Summary, typeof(IbaTransformer), null, typeof(SignatureLoadModel),
    IbaTransformer.UserName, IbaTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(IbaTransformer), null, typeof(SignatureLoadRowMapper),
    IbaTransformer.UserName, IbaTransformer.LoaderSignature)]

namespace Iba.MLNet;

/// <summary><see cref="ITransformer"/> resulting from fitting an <see cref="IbaEstimator"/>: adds heat maps in bits.</summary>
/// <inheritdoc cref="AttributionTransformerBase" path="/remarks"/>
public sealed partial class IbaTransformer : AttributionTransformerBase
{
    internal const string Summary = "Explains the predictions of a classifier by the information bottleneck for attribution.";
    internal const string UserName = "Information Bottleneck Attribution";
    internal const string LoaderSignature = "IbaTransform";

    private readonly TailOrigin _tail;
    private readonly LayerStatistics _statistics;
    private readonly IReadOnlyList<MeasuredLayer> _furtherLayers;

    internal IbaTransformer(
        IHostEnvironment env, RowSettings settings, BottleneckOptions bottleneck, TailOrigin tail, NetworkLease network, LayerStatistics statistics,
        string? fingerprint, IReadOnlyList<MeasuredLayer>? furtherLayers = null)
        : this(Contracts.CheckRef(env, nameof(env)).Register(nameof(IbaTransformer)), settings, bottleneck, tail, network, statistics, fingerprint, furtherLayers ?? [])
    {
    }

    private IbaTransformer(
        IHost host, RowSettings settings, BottleneckOptions bottleneck, TailOrigin tail, NetworkLease network, LayerStatistics statistics, string? fingerprint,
        IReadOnlyList<MeasuredLayer> furtherLayers)
        : base(host, new Explainer(
            host, settings, network, new PerSampleBottleneck(statistics, bottleneck), ownsMethod: true, typeof(IbaTransformer))
        {
            Fingerprint = fingerprint,
            FurtherLayers = [.. furtherLayers.Select(layer => layer.ToFurtherLayer())],
        })
    {
        Bottleneck = bottleneck;
        _tail = tail;
        _statistics = statistics;
        _furtherLayers = furtherLayers;
    }

    /// <summary>The layer whose features pass the bottleneck.</summary>
    public string Layer => Settings.Layer!;

    /// <summary>The further layers at which rows are explained, in the order of their columns; see <see cref="IbaEstimator.Options.FurtherLayers"/>.</summary>
    public IReadOnlyList<string> FurtherLayers => [.. _furtherLayers.Select(layer => layer.Layer)];

    /// <summary>The number of rows that Fit measured.</summary>
    public long MeasuredRows => _statistics.Count;

    /// <summary>The seed of the noise; of several, the first.</summary>
    public long Seed => Bottleneck.Seed;

    /// <summary>How many seeds each row is explained with; see <see cref="IbaEstimator.Options.Seeds"/>.</summary>
    public int Seeds => Bottleneck.Seeds;

    /// <summary>The weight of the information term; see <see cref="IbaEstimator.Options.Beta"/>.</summary>
    public double Beta => Bottleneck.Beta;

    /// <summary>
    /// What the network behind the layer is computed in here, <see cref="TailPrecision.Float32"/> or <see cref="TailPrecision.BFloat16"/>: also where
    /// <see cref="IbaEstimator.Options.TailPrecision"/> left it open.
    /// </summary>
    public TailPrecision TailPrecision => _tail.Here;

    /// <inheritdoc/>
    internal override TailPrecision ComputedIn => TailPrecision;

    private protected override long? CountedRows => MeasuredRows;

    private protected override long? NoiseSeed => Seed;

    /// <summary>The method's options, among them the seed of the noise and what the outputs are (never Auto).</summary>
    internal BottleneckOptions Bottleneck { get; }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _statistics.Dispose();
        foreach (var layer in _furtherLayers) layer.Statistics.Dispose();
    }
}
