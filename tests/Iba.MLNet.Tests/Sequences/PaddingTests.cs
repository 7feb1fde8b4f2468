using Iba.Onnx.Schema;
using Iba.Onnx.Tests;
using Iba.Torch;
using Microsoft.ML;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Padding changes no other value, also of networks that look for their padding id themselves, at fixed and open lengths.</summary>
public sealed class PaddingTests : IDisposable
{
    private const int Positions = 12;

    private readonly MLContext _ml = new(seed: 1);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly List<string> _warnings;
    private readonly Row[] _rows = Enumerable.Range(0, 12).Select(i => new Row
    {
        Ids = Enumerable.Range(0, 3 + (i % 7)).Select(k => (long)(((i * 5) + (k * k * 3) + k) % PaddingModel.PaddingId)).ToArray(),
    }).ToArray();

    public PaddingTests() => _warnings = _ml.Listen("Warning");

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_network_minds_the_id()
    {
        var model = PaddingModel.Make(null);
        float[] alone = Scores(model, [1, 2, 3], [1, 1, 1]);
        Assert.All(alone.Zip(Scores(model, [1, 2, 3, 19, 19], [1, 1, 1, 0, 0])), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Contains(alone.Zip(Scores(model, [1, 2, 3, 0, 0], [1, 1, 1, 0, 0])), pair => Math.Abs(pair.First - pair.Second) > 0.01);
    }

    [Fact]
    public void A_fixed_length_is_refused_until_the_padding_id_is_known()
    {
        string message = Assert.ThrowsAny<ArgumentException>(() => Explain(PaddingModel.Make(Positions))).Message;
        Assert.Contains("fills rows up to its 12 positions", message, StringComparison.Ordinal);
        Assert.Contains("Set PaddingId to the id that its tokenizer pads with", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Padding_of_the_right_id_changes_no_score_at_a_fixed_length(bool fromFile)
    {
        var model = PaddingModel.Make(Positions);
        if (fromFile) model.MetadataProps.Add(new StringStringEntryProto { Key = "pad_token_id", Value = "19" });
        AssertScores(Explain(model, options => options.PaddingId = fromFile ? null : PaddingModel.PaddingId));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(PaddingModel.PaddingId)]
    public void At_open_lengths_rows_are_what_they_are_alone_whatever_shares_their_pass(int? id)
    {
        var alone = Explain(PaddingModel.Make(null), options => (options.RowsPerPass, options.PaddingId) = (1, id));
        var together = Explain(PaddingModel.Make(null), options => (options.RowsPerPass, options.PaddingId) = (8, id));
        AssertScores(alone);
        AssertScores(together);
        foreach (var (one, other) in alone.Zip(together))
        {
            Assert.Equal(one.Target, other.Target);
            Assert.Equal(one.Bits, other.Bits, 1e-3 * one.Bits);
        }

        Assert.Equal(id == null, _warnings.Any(warning => warning.Contains("rows of different lengths are computed apart", StringComparison.Ordinal)));
    }

    [Fact]
    public void On_a_CPU_a_row_alone_in_its_pass_has_the_same_bits_with_any_padding_id()
    {
        var expected = Explain(PaddingModel.Make(null), options => options.PaddingId = PaddingModel.PaddingId);
        foreach (var (one, other) in expected.Zip(Explain(PaddingModel.Make(null)))) Assert.Equal(one.Heatmap, other.Heatmap);
    }

    [Fact]
    public void A_network_that_goes_by_its_mask_needs_no_id_and_shares_passes()
    {
        using var network = new TokenNetwork();
        using var transformer = Fit(network, options => (options.Layer, options.MaskInputName, options.InputName) = ("embeddings", "mask", "ids"));
        Assert.True(transformer.Settings.Input.SharesLengths);
        Assert.DoesNotContain(_warnings, warning => warning.Contains("Padding", StringComparison.Ordinal));
    }

    [Fact]
    public void A_saved_transformer_pads_as_it_was_fitted()
    {
        using var network = PaddingModel.Make(Positions).Load();
        using var transformer = Fit(network, options => options.PaddingId = PaddingModel.PaddingId);
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, null, stream);
        stream.Position = 0;
        using var loaded = (IbaTransformer)_ml.Model.Load(stream, out _);
        AssertScores(_ml.Read(loaded.Transform(Data())));
        using var open = PaddingModel.Make(null).Load();
        using var apart = Fit(open, _ => { });
        Assert.False(apart.Settings.Input.SharesLengths);
        using var second = new MemoryStream();
        _ml.Model.Save(apart, null, second);
        second.Position = 0;
        using var loadedApart = (IbaTransformer)_ml.Model.Load(second, out _);
        Assert.False(loadedApart.Settings.Input.SharesLengths);
    }

    [Fact]
    public void An_id_without_a_mask_or_below_zero_is_refused()
    {
        using var network = PaddingModel.Make(null).Load();
        Assert.Contains("rows are padded only where MaskInputName", Assert.ThrowsAny<ArgumentException>(() => Fit(network, options =>
            (options.PaddingId, options.MaskInputName, options.ContextColumns) = (19, null, new Dictionary<string, string> { ["attention_mask"] = "Ids" }))).Message, StringComparison.Ordinal);
        Assert.Contains("PaddingId is -1", Assert.ThrowsAny<ArgumentException>(() => Fit(network, options => options.PaddingId = -1)).Message, StringComparison.Ordinal);
    }

    private sealed class Row
    {
        public long[] Ids { get; set; } = [];
    }

    private IDataView Data() => _ml.Data.LoadFromEnumerable(_rows);

    private IbaTransformer Fit(Network network, Action<IbaEstimator.Options> change)
    {
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Ids",
            InputName = "input_ids",
            MaskInputName = "attention_mask",
            Network = network,
            Layer = "e",
            Steps = 3,
            NoiseCopies = 2,
            Seed = 1,
            ScoresColumnName = "Scores",
            TargetColumnName = "Target",
            TotalBitsColumnName = "Bits",
        };
        change(options);
        return _ml.Transforms.Iba(options).Fit(Data());
    }

    private ExplainedRow[] Explain(ModelProto model, Action<IbaEstimator.Options>? change = null)
    {
        using var network = model.Load();
        using var transformer = Fit(network, change ?? (_ => { }));
        return _ml.Read(transformer.Transform(Data()));
    }

    /// <summary>Every row's scores are those that OnnxRuntime computes for the row without padding.</summary>
    private void AssertScores(ExplainedRow[] explained)
    {
        var model = PaddingModel.Make(null);
        foreach (var (row, found) in _rows.Zip(explained))
        {
            float[] expected = Scores(model, row.Ids, row.Ids.Select(_ => 1L).ToArray());
            Assert.All(expected.Zip(found.Scores), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    private static float[] Scores(ModelProto model, long[] ids, long[] mask)
        => model.Expected(tensor(ids).unsqueeze(0), tensor(mask).unsqueeze(0)).softmax(1).data<float>().ToArray();
}
