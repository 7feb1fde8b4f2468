using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary><c>mlContext.Model.SearchLayers</c>: layers and betas, ranked.</summary>
public sealed class LayerSearchTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public LayerSearchTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(8));

    public void Dispose() => _network.Dispose();

    private IbaEstimator.Options Options()
    {
        var options = TestPipelines.PixelOptions(_network);
        options.Layer = null;
        options.Seed = 3;
        return options;
    }

    private static LayerSearchOptions Search(int rows = 5) => new() { Evaluation = new() { Tile = 4, Points = 5, MaximumRows = rows } };

    [Fact]
    public void Each_layer_and_beta_has_the_metrics_of_its_own_explainer_and_the_best_comes_first()
    {
        var search = Search();
        search.Layers = ["conv1", "conv2"];
        search.Betas = [1, 100];
        var found = _ml.Model.SearchLayers(_data, Options(), search);
        Assert.Equal(4, found.Entries.Count);
        Assert.Equal(
            [("conv1", 1), ("conv1", 100), ("conv2", 1), ("conv2", 100)], found.Entries.Select(entry => (entry.Layer.Name, entry.Beta)).Order());
        Assert.Equal(found.Entries.Select(entry => entry.Score).OrderDescending(), found.Entries.Select(entry => entry.Score));
        Assert.Same(found.Entries[0], found.Recommended);
        foreach (var entry in found.Entries)
        {
            var options = Options();
            (options.Layer, options.Beta) = (entry.Layer.Name, entry.Beta);
            using var explainer = _ml.Transforms.Iba(options).Fit(_data);
            var expected = _ml.Model.EvaluateAttribution(explainer, explainer.Transform(_data), search.Evaluation);
            Assert.Equal(expected.Rows, entry.Metrics.Rows);
            Assert.Equal(expected.DegradationIntegral.Value, entry.Score, 1e-12);
            Assert.True(entry.Metrics.SecondsPerMap > 0);
        }

        Assert.StartsWith($"Recommended: '{found.Recommended.Layer.Name}' with beta", found.Reason, StringComparison.Ordinal);
        string table = found.ToString();
        Assert.All(found.Entries, entry => Assert.Contains(entry.Layer.Name, table, StringComparison.Ordinal));
        Assert.EndsWith(found.Reason, table, StringComparison.Ordinal);
        foreach (var equal in found.EquallyGood)
        {
            Assert.False(found.Recommended.Metrics.DifferenceFrom(equal.Metrics, row => row.DegradationIntegral).Excludes(0));
            Assert.Contains(equal.Layer.Name, found.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_row_decides_nothing()
    {
        var search = Search(rows: 1);
        search.Layers = ["conv1", "conv2"];
        var found = _ml.Model.SearchLayers(_data, Options(), search);
        Assert.Contains("One row shows no differences", found.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_lists_and_unknown_layers_are_refused()
    {
        var options = Options();
        Assert.Contains("Layers is empty", Message(new() { Layers = [] }), StringComparison.Ordinal);
        Assert.Contains("Betas is empty", Message(new() { Betas = [] }), StringComparison.Ordinal);
        var unknown = Refusal(new() { Layers = ["conv9"] });
        Assert.Contains("The network has no layer 'conv9'. The nearest: conv", unknown.Message, StringComparison.Ordinal);
        Assert.Equal("Layers", unknown.ParamName);
        Assert.Contains("Evaluation", Assert.ThrowsAny<ArgumentException>(() => _ml.Model.SearchLayers(_data, options, new() { Evaluation = null! })).Message, StringComparison.Ordinal);

        string Message(LayerSearchOptions search) => Refusal(search).Message;

        ArgumentException Refusal(LayerSearchOptions search) => Assert.ThrowsAny<ArgumentException>(() => _ml.Model.SearchLayers(_data, options, search));
    }

    [Fact]
    public void The_options_layer_is_not_read_and_what_is_alone_is_not_called_better_than_others()
    {
        var options = Options();
        options.Layer = "none such";
        var search = Search(rows: 2);
        search.Layers = ["conv2"];
        var found = _ml.Model.SearchLayers(_data, options, search);
        Assert.Equal("conv2", found.Recommended.Layer.Name);
        Assert.EndsWith("Nothing else was tried.", found.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_smaller_than_a_tile_do_not_mix_another_measure_into_the_score()
    {
        AttributionRowMetrics[] rows = [Row(0, degradation: 0.25), Row(1, degradation: 0.75), Row(2, degradation: double.NaN)];
        var entry = new LayerSearchEntry(new LayerInfo("layer", [1, 2], false, 0), 10, new AttributionMetrics(rows, 0.95, 0));
        Assert.Equal(0.5, entry.Score);
        var tokens = new LayerSearchEntry(entry.Layer, 10, new AttributionMetrics([rows[2], rows[2] with { DeletionArea = 0.5 }], 0.95, 0));
        Assert.Equal(((0.9 - 0.1) + (0.9 - 0.5)) / 2, tokens.Score, 1e-12);

        static AttributionRowMetrics Row(int row, double degradation)
            => new(row, null, 0, 0.9, 0.1, degradation, degradation * 0.8, InsertionArea: 0.9, DeletionArea: 0.1, null);
    }
}
