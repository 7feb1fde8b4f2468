using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

public sealed class VariantTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public VariantTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(12));

    public void Dispose() => _network.Dispose();

    private IbaTransformer Fit(Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(_network);
        change?.Invoke(options);
        return _ml.Transforms.Iba(options).Fit(_data);
    }

    private float[][] Maps(IbaTransformer transformer) => _ml.Read(transformer.Transform(_data)).Select(row => row.Heatmap).ToArray();

    [Fact]
    public void A_variant_gives_the_bits_of_a_fit_with_its_settings()
    {
        using var fitted = Fit();
        using var variant = fitted.With(beta: 25, seed: 9, steps: 3, target: ExplanationTarget.Class(2));
        using var expected = Fit(options => (options.Beta, options.Seed, options.Steps, options.TargetIndex) = (25, 9, 3, 2));

        Assert.Equal(Maps(expected), Maps(variant));
        Assert.Equal((25.0, 9L), (variant.Beta, variant.Seed));
        // What was not asked for stays, here and there.
        using var same = fitted.With();
        Assert.Equal(Maps(fitted), Maps(same));
        Assert.NotEqual(Maps(fitted)[0], Maps(variant)[0]);
    }

    [Fact]
    public void A_variant_is_saved_with_its_settings_and_says_them()
    {
        using var fitted = Fit(options => options.TargetIndex = 1);
        using var variant = fitted.With(beta: 25, target: ExplanationTarget.PredictedClass);
        using var stream = new MemoryStream();
        _ml.Model.Save(variant, _data.Schema, stream);
        using var loaded = IbaTransformer.Load(_ml, stream);

        Assert.Equal(Maps(variant), Maps(loaded));
        Assert.Contains("Beta = 25", loaded.Provenance.Options);
        Assert.Contains("Target = predicted-class", loaded.Provenance.Options);
        Assert.DoesNotContain(loaded.Provenance.Options, line => line.StartsWith("TargetIndex", StringComparison.Ordinal));
        Assert.Contains("TargetIndex = 1", fitted.Provenance.Options);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Either_may_be_disposed_first_and_the_last_one_disposes_what_came_with_a_file(bool originalFirst)
    {
        using var stream = new MemoryStream();
        using (var fitted = Fit()) _ml.Model.Save(fitted, _data.Schema, stream);
        var loaded = IbaTransformer.Load(_ml, stream);
        var variant = loaded.With(beta: 20);
        var (first, last) = originalFirst ? (loaded, variant) : (variant, loaded);
        var network = (ConvolutionalNetwork)loaded.Network;
        float[][] expected = Maps(last);

        first.Dispose();
        first.Dispose();
        Assert.False(network.IsDisposed);
        Assert.Equal(expected, Maps(last));
        last.Dispose();
        Assert.True(network.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => first.With());
    }

    [Fact]
    public void A_value_out_of_range_and_labels_without_a_column_are_refused()
    {
        using var fitted = Fit();
        Assert.Contains("Beta is -1; allowed: 0 to 1e9", Assert.Throws<ArgumentOutOfRangeException>(() => fitted.With(beta: -1)).Message, StringComparison.Ordinal);
        Assert.Contains("LabelColumnName", Assert.Throws<ArgumentOutOfRangeException>(() => fitted.With(target: ExplanationTarget.Label)).Message, StringComparison.Ordinal);
        using var labelled = Fit(options => options.LabelColumnName = "Label");
        using var predicted = labelled.With(target: ExplanationTarget.PredictedClass);
        Assert.Equal(Maps(fitted), Maps(predicted));
    }

    [Fact]
    public void The_message_of_a_disposed_transformer_names_what_keeps_it()
    {
        var fitted = Fit();
        using (_ml.Model.CreatePredictionEngine<PixelRow, ExplainedRow>(fitted, new PredictionEngineOptions { IgnoreMissingColumns = true }))
        {
        }

        var failure = Assert.Throws<ObjectDisposedException>(() => Maps(fitted));
        Assert.Contains("OwnsTransformer = false", failure.Message, StringComparison.Ordinal);
    }
}
