using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>Presets in pipelines.</summary>
public sealed class PresetTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public PresetTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(6));

    public void Dispose() => _network.Dispose();

    private IbaTransformer Fit(Action<IbaEstimator.Options> change)
    {
        var options = TestPipelines.PixelOptions(_network);
        (options.Steps, options.NoiseCopies, options.ScoresWithBottleneckColumnName) = (10, null, null);
        change(options);
        return _ml.Transforms.Iba(options).Fit(_data);
    }

    [Fact]
    public void What_a_preset_stands_for_is_run_and_saved()
    {
        using var transformer = Fit(options => options.Preset = IbaPreset.Draft);
        _network.TailCalls.Clear();
        float[][] expected = _ml.Read(transformer.Transform(_data)).Select(row => row.Heatmap).ToArray();
        Assert.Equal([1, 1, 1, 1, 1, 2, 6, 6, 4, 2, 1], _network.TailCalls.Take(11));
        using var loaded = IbaTransformer.Load(_ml, new MemoryStream(ModelFile.Save(_ml, transformer)));
        Assert.Equal(expected, _ml.Read(loaded.Transform(_data)).Select(row => row.Heatmap));
        Assert.Superset(
            new HashSet<string> { "Preset = Draft", "CopiesPerStep = 1, 1, 1, 1, 2, 6, 6, 4, 2, 1", "Noise = Paired" },
            loaded.Provenance.Options.ToHashSet());
    }

    [Fact]
    public void What_is_set_comes_first()
    {
        using var transformer = Fit(options => (options.Preset, options.NoiseCopies, options.Noise) = (IbaPreset.Draft, 3, NoiseKind.Independent));
        using var plain = Fit(options => options.NoiseCopies = 3);
        Assert.Equal(_ml.Read(plain.Transform(_data)).Select(row => row.Heatmap), _ml.Read(transformer.Transform(_data)).Select(row => row.Heatmap));
        Assert.Contains("NoiseCopies = 3", transformer.Provenance.Options);
    }

    [Fact]
    public void Rows_have_the_same_bits_in_every_batch_and_order()
    {
        var rows = PixelRow.Make(7, seed: 4);
        using var single = Fit(options => (options.Preset, options.BatchSize) = (IbaPreset.Draft, 1));
        using var together = Fit(options => (options.Preset, options.BatchSize) = (IbaPreset.Draft, 5));
        var expected = _ml.Read(single.Transform(_ml.Data.LoadFromEnumerable(rows))).Select(row => row.Heatmap);
        var found = _ml.Read(together.Transform(_ml.Data.LoadFromEnumerable(rows.Reverse()))).Select(row => row.Heatmap);
        Assert.Equal(expected, found.Reverse());
    }
}
