using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Tries layers and betas on a sample of the data, and ranks them.</summary>
internal sealed class LayerSearch
{
    private readonly IHost _host;
    private readonly IbaEstimator.Options _options;
    private readonly LayerSearchOptions _search;

    /// <param name="env">For messages and cancellation.</param>
    /// <param name="options">How rows are explained; layer and beta are what is searched.</param>
    /// <param name="search">What is compared.</param>
    public LayerSearch(IHostEnvironment env, IbaEstimator.Options options, LayerSearchOptions search)
    {
        _host = env.Register(nameof(LayerSearch));
        (_options, _search) = (options, search);
        _host.CheckUserArg(search.Layers is not { Count: 0 }, nameof(search.Layers), $"{nameof(search.Layers)} is empty: name layers, or leave it null.");
        _host.CheckUserArg(search.Betas is not { Count: 0 }, nameof(search.Betas), $"{nameof(search.Betas)} is empty: give weights, or leave it null.");
        _host.CheckValue(search.Evaluation, nameof(search.Evaluation));
        search.Evaluation.Validate();
    }

    /// <summary>Measures each layer on the data, and judges the maps of its first rows.</summary>
    public LayerSearchResult Run(IDataView data)
    {
        var entries = new List<LayerSearchEntry>();
        using var channel = _host.Start("Search");
        foreach (var layer in Estimator(layer: null, _options.Beta).CandidateLayers(data, _search.Layers, nameof(_search.Layers)))
        {
            _host.CheckAlive();
            using var measurement = Estimator(layer.Name, _options.Beta).Measure(data);
            foreach (double? beta in _search.Betas?.Select(value => (double?)value) ?? [_options.Beta])
            {
                using var transformer = Estimator(layer.Name, beta).Fit(measurement);
                var metrics = new AttributionEvaluator(_host, transformer, _search.Evaluation).Evaluate(transformer.Transform(data));
                var entry = new LayerSearchEntry(layer, transformer.Bottleneck.Beta, metrics);
                channel.Info("Layer '{0}', beta {1}: score {2:F3}, {3:F2} seconds a map.", layer.Name, entry.Beta, entry.Score, metrics.SecondsPerMap);
                entries.Add(entry);
            }
        }

        return new LayerSearchResult(entries);
    }

    private IbaEstimator Estimator(string? layer, double? beta)
    {
        var options = (IbaEstimator.Options)_options.Clone();
        (options.Layer, options.Beta) = (layer, beta);
        return new IbaEstimator(_host, options);
    }
}
