using Iba.Onnx;
using Iba.Onnx.Tests;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>The tail in bfloat16 in pipelines: on machines that are taken to offer it, and on others.</summary>
public sealed class TailPrecisionTests : IDisposable
{
    private const string Lacking = "this processor was built without it";

    private static readonly BFloat16Support Offered = new(_ => null);
    private static readonly BFloat16Support NotOffered = new(_ => Lacking);

    private readonly MLContext _ml = new(seed: 1);
    private readonly OnnxNetwork _network = ResidualModel.Make("N").Load();
    private readonly IDataView _data;
    private readonly List<string> _warnings;

    public TailPrecisionTests()
    {
        var definition = SchemaDefinition.Create(typeof(PixelRow));
        definition["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 3, 8, 8);
        _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(5).Select(row => new PixelRow { Pixels = row.Pixels[..192] }), definition);
        _warnings = _ml.Listen("Warning");
    }

    public void Dispose() => _network.Dispose();

    private IbaEstimator Estimator(TailPrecision? precision, BFloat16Support support, Network? network = null, Action<IbaEstimator.Options>? change = null)
    {
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network ?? _network,
            Layer = "r",
            Seed = 5,
            Steps = 3,
            NoiseCopies = 2,
            TotalBitsColumnName = "Bits",
            TailPrecision = precision,
            BFloat16Support = support,
        };
        change?.Invoke(options);
        return _ml.Transforms.Iba(options);
    }

    private float[][] Maps(IbaTransformer transformer) => _ml.Read(transformer.Transform(_data)).Select(row => row.Heatmap).ToArray();

    private MemoryStream Save(IbaTransformer transformer)
    {
        var stream = new MemoryStream();
        _ml.Model.Save(transformer, null, stream);
        stream.Position = 0;
        return stream;
    }

    [Fact]
    public void Maps_are_computed_with_it_and_the_same_in_every_batch_and_lane_and_once_loaded()
    {
        using var exact = Estimator(TailPrecision.Float32, NotOffered).Fit(_data);
        using var rounded = Estimator(TailPrecision.BFloat16, Offered).Fit(_data);
        using var alone = Estimator(TailPrecision.BFloat16, Offered, change: options => options.BatchSize = 1).Fit(_data);
        alone.PassesAtOnce = 3;
        Assert.Equal((TailPrecision.Float32, TailPrecision.BFloat16), (exact.TailPrecision, rounded.TailPrecision));
        float[][] maps = Maps(rounded);
        Assert.NotEqual(Maps(exact), maps);
        Assert.Equal(maps, Maps(alone));
        using var loaded = IbaTransformer.LoadOn(Offered, _ml, Save(rounded));
        Assert.Equal((TailPrecision.BFloat16, TailPrecision.BFloat16), (loaded.TailPrecision, loaded.Bottleneck.TailPrecision));
        Assert.Equal(maps, Maps(loaded));
        using var variant = loaded.With(beta: 20);
        Assert.Equal(TailPrecision.BFloat16, variant.TailPrecision);
        Assert.DoesNotContain(_warnings, warning => warning.Contains(nameof(TailPrecision), StringComparison.Ordinal));
    }

    [Fact]
    public void Where_it_is_not_offered_it_is_refused_by_fit_and_by_load()
    {
        string fitted = Assert.Throws<InvalidOperationException>(() => Estimator(TailPrecision.BFloat16, NotOffered).Fit(_data)).Message;
        Assert.Contains($"TailPrecision is BFloat16, but {Lacking}. Take Float32, or Auto", fitted, StringComparison.Ordinal);
        using var rounded = Estimator(TailPrecision.BFloat16, Offered).Fit(_data);
        string loaded = Assert.Throws<NotSupportedException>(() => IbaTransformer.LoadOn(NotOffered, _ml, Save(rounded))).Message;
        Assert.Contains("The model file asks for a tail in bfloat16. TailPrecision is BFloat16, but " + Lacking, loaded, StringComparison.Ordinal);
        Assert.EndsWith("Load it on a machine that offers it, or fit the explainer anew with that.", loaded, StringComparison.Ordinal);
    }

    [Fact]
    public void A_measurement_is_refused_before_it_is_measured() => Assert.Contains(
        Lacking, Assert.Throws<InvalidOperationException>(() => Estimator(TailPrecision.BFloat16, NotOffered).Measure(_data)).Message, StringComparison.Ordinal);

    [Fact]
    public void Auto_falls_back_and_says_so_and_says_where_another_machine_differs()
    {
        using var fallen = Estimator(TailPrecision.Auto, NotOffered).Fit(_data);
        Assert.Equal(TailPrecision.Float32, fallen.TailPrecision);
        Assert.Single(_warnings, warning => warning.Contains($"TailPrecision is Auto, and the tail is computed in Float32: {Lacking}.", StringComparison.Ordinal));
        _warnings.Clear();

        using var same = IbaTransformer.LoadOn(NotOffered, _ml, Save(fallen));
        Assert.Empty(_warnings);
        using var better = IbaTransformer.LoadOn(Offered, _ml, Save(fallen));
        Assert.Single(_warnings, warning => warning.Contains("computed its tail in Float32 where it was fitted, and computes it in BFloat16 here.", StringComparison.Ordinal));
        _warnings.Clear();

        using var rounded = Estimator(TailPrecision.Auto, Offered).Fit(_data);
        Assert.DoesNotContain(_warnings, warning => warning.Contains(nameof(TailPrecision), StringComparison.Ordinal));
        using var worse = IbaTransformer.LoadOn(NotOffered, _ml, Save(rounded));
        Assert.Single(_warnings, warning => warning.Contains($"computed its tail in BFloat16 where it was fitted, and computes it in Float32 here, since {Lacking}.", StringComparison.Ordinal));
        Assert.Equal((TailPrecision.BFloat16, TailPrecision.Float32), (rounded.TailPrecision, worse.TailPrecision));
        Assert.Equal(Maps(fallen), Maps(worse));

        // Saved again, a file still knows where it was fitted.
        _warnings.Clear();
        using var again = IbaTransformer.LoadOn(Offered, _ml, Save(worse));
        Assert.Empty(_warnings);
        Assert.Equal(Maps(rounded), Maps(again));
    }

    [Theory]
    [InlineData(IbaPreset.Paper, false)]
    [InlineData(IbaPreset.Fast, true)]
    [InlineData(IbaPreset.Draft, true)]
    public void Presets_of_fewer_passes_take_it_where_it_is_offered_and_need_no_warning_elsewhere(IbaPreset preset, bool takesIt)
    {
        using var rounded = Estimator(null, Offered, change: options => options.Preset = preset).Fit(_data);
        Assert.Equal(takesIt ? TailPrecision.BFloat16 : TailPrecision.Float32, rounded.TailPrecision);
        var told = _ml.Listen("Info");
        using var fallen = Estimator(null, NotOffered, change: options => options.Preset = preset).Fit(_data);
        Assert.Equal(TailPrecision.Float32, fallen.TailPrecision);
        Assert.Equal(takesIt, told.Any(message => message.Contains($"the tail is computed in Float32: {Lacking}.", StringComparison.Ordinal)));
        Assert.DoesNotContain(_warnings, warning => warning.Contains(nameof(TailPrecision), StringComparison.Ordinal));
        using var exact = Estimator(TailPrecision.Float32, Offered, change: options => options.Preset = preset).Fit(_data);
        Assert.Equal(Maps(fallen), Maps(exact));
        Assert.Contains($"TailPrecision = {(takesIt ? "Auto" : "Float32")}", fallen.Provenance.Options);
    }

    [Fact]
    public void Networks_that_are_no_onnx_files_are_refused_by_name_and_fall_back()
    {
        using var network = new ConvolutionalNetwork();
        var data = _ml.Data.LoadFromEnumerable(PixelRow.Make(5));
        string message = Assert.Throws<InvalidOperationException>(() => Estimator(TailPrecision.BFloat16, Offered, network, options => options.Layer = "conv1").Fit(data)).Message;
        Assert.Matches("'.*' computes its tail in the network's own type alone; cuts of networks from ONNX files offer bfloat16", message);
        using var fallen = Estimator(TailPrecision.Auto, Offered, network, options => options.Layer = "conv1").Fit(data);
        Assert.Equal(TailPrecision.Float32, fallen.TailPrecision);
        Assert.Contains(_warnings, warning => warning.Contains("cuts of networks from ONNX files offer bfloat16", StringComparison.Ordinal));
    }

    [Fact]
    public void Further_layers_have_it_too()
    {
        using var several = Estimator(TailPrecision.BFloat16, Offered, change: options => options.FurtherLayers = [("Second", "s")]).Fit(_data);
        using var single = Estimator(TailPrecision.BFloat16, Offered, change: options => options.Layer = "s").Fit(_data);
        using var loaded = IbaTransformer.LoadOn(Offered, _ml, Save(several));
        foreach (var transformer in new[] { several, loaded })
        {
            Assert.Equal(Maps(single), transformer.Transform(_data).GetColumn<float[]>("Second").ToArray());
        }
    }

    [Fact]
    public void Provenance_has_it()
    {
        using var rounded = Estimator(TailPrecision.Auto, Offered).Fit(_data);
        Assert.Contains("TailPrecision = Auto", rounded.Provenance.Options);
    }
}
