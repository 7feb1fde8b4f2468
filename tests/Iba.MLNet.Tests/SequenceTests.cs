using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>Token ids instead of pixels: rows of different lengths, masks, padding.</summary>
public sealed class SequenceTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TokenNetwork _network = new();
    private readonly TokenNetwork _withoutMask = new(hasMask: false);

    public void Dispose()
    {
        _network.Dispose();
        _withoutMask.Dispose();
    }

    public sealed class TokenRow
    {
        public long[] Ids { get; set; } = [];

        public int[] Mask { get; set; } = [];

        public static TokenRow[] Make(int count, int seed = 1)
        {
            var random = new Random(seed);
            return Enumerable.Range(0, count).Select(_ =>
            {
                long[] ids = Enumerable.Range(0, 2 * random.Next(1, 7)).Select(_ => (long)random.Next(1, TokenNetwork.Vocabulary)).ToArray();
                return new TokenRow { Ids = ids, Mask = ids.Select(_ => 1).ToArray() };
            }).ToArray();
        }
    }

    private IbaEstimator.Options Options(string layer = "embeddings") => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Ids",
        Network = _network,
        Layer = layer,
        ContextColumns = new Dictionary<string, string> { ["mask"] = "Mask" },
        MaskInputName = "mask",
        Seed = 3,
        TotalBitsColumnName = "Bits",
        TargetColumnName = "Target",
        CapacityColumnName = "Capacity",
    };

    private ExplainedRow[] Explain(TokenRow[] rows, Action<IbaEstimator.Options>? change = null, string layer = "embeddings")
    {
        var options = Options(layer);
        change?.Invoke(options);
        using var transformer = _ml.Transforms.Iba(options).Fit(_ml.Data.LoadFromEnumerable(TokenRow.Make(40, seed: 2)));
        return _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(rows)));
    }

    private static void AssertClose(ExplainedRow[] expected, ExplainedRow[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) IbaTransformerTests.AssertClose(expected[i], actual[i]);
    }

    [Theory]
    [InlineData("embeddings")]
    [InlineData("channels")]
    [InlineData("pairs")]
    public void A_row_alone_and_in_a_padded_batch_gets_the_same_bits(string layer)
    {
        var rows = TokenRow.Make(13);
        var together = Explain(rows, options => options.BatchSize = 8, layer);
        var alone = Explain(rows, options => options.BatchSize = 1, layer);
        Assert.Equal(rows.Select(row => row.Ids.Length), together.Select(row => row.Heatmap.Length));
        Assert.All(together, row => Assert.True(row.Bits > 0));
        AssertClose(alone, together);
    }

    [Theory]
    [InlineData("embeddings")]
    [InlineData("pairs")]
    public void Padding_written_into_the_columns_changes_nothing_and_carries_no_bits(string layer)
    {
        var rows = TokenRow.Make(9);
        var padded = rows.Select(row => new TokenRow
        {
            Ids = [.. row.Ids, 1, 2, 3, 4],
            Mask = [.. row.Mask, 0, 0, 0, 0],
        }).ToArray();
        var expected = Explain(rows, layer: layer);
        var actual = Explain(padded, layer: layer);
        for (int i = 0; i < rows.Length; i++)
        {
            int length = rows[i].Ids.Length;
            Assert.All(actual[i].Heatmap[length..], bits => Assert.Equal(0, bits));
            actual[i].Heatmap = actual[i].Heatmap[..length];
        }

        AssertClose(expected, actual);
    }

    [Fact]
    public void A_mask_is_made_where_no_column_gives_it()
    {
        var rows = TokenRow.Make(9);
        AssertClose(Explain(rows), Explain(rows, options => options.ContextColumns = null));
    }

    [Fact]
    public void Without_a_mask_rows_of_equal_length_share_a_batch()
    {
        var rows = TokenRow.Make(13);
        void Plain(IbaEstimator.Options options)
            => (options.Network, options.ContextColumns, options.MaskInputName) = (_withoutMask, null, null);
        AssertClose(Explain(rows), Explain(rows, Plain));
    }

    [Fact]
    public void Lengths_differ_in_the_schema_and_survive_the_zip_and_the_prediction_engine()
    {
        var data = _ml.Data.LoadFromEnumerable(TokenRow.Make(12));
        using var transformer = _ml.Transforms.Iba(Options()).Fit(data);
        var promised = _ml.Transforms.Iba(Options()).GetOutputSchema(SchemaShape.Create(data.Schema));
        Assert.All(SchemaShape.Create(transformer.GetOutputSchema(data.Schema)), column =>
        {
            Assert.True(promised.TryFindColumn(column.Name, out var shape));
            Assert.True(column.IsCompatibleWith(shape) && shape.IsCompatibleWith(column), column.Name);
        });
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, data.Schema, stream);
        stream.Position = 0;
        var loaded = _ml.Model.Load(stream, out _);
        var expected = _ml.Read(transformer.Transform(data));
        AssertClose(expected, _ml.Read(loaded.Transform(data)));
        using var engine = _ml.Model.CreatePredictionEngine<TokenRow, ExplainedRow>(loaded);
        AssertClose(expected, TokenRow.Make(12).Select(row =>
        {
            var explained = engine.Predict(row);
            return new ExplainedRow { Heatmap = [.. explained.Heatmap], Bits = explained.Bits, Target = explained.Target };
        }).ToArray());
    }

    [Fact]
    public void Keys_count_from_one()
    {
        var words = TokenRow.Make(12).Select(row => new { Words = row.Ids.Select(id => (int)id).ToArray() }).ToArray();
        var every = Enumerable.Range(0, TokenNetwork.Vocabulary).Select(id => new { Words = new[] { id } });
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Ids", "Words").Fit(_ml.Data.LoadFromEnumerable(every))
            .Transform(_ml.Data.LoadFromEnumerable(words));
        var options = Options();
        options.ContextColumns = null;
        using var transformer = _ml.Transforms.Iba(options).Fit(keyed);
        var data = _ml.Data.LoadFromEnumerable(TokenRow.Make(12));
        using var expected = _ml.Transforms.Iba(options).Fit(data);
        AssertClose(_ml.Read(expected.Transform(data)), _ml.Read(transformer.Transform(keyed)));
    }

    [Fact]
    public void Longer_rows_are_cut_and_the_rest_gets_no_bits()
    {
        var rows = TokenRow.Make(8);
        var cut = rows.Select(row => new TokenRow { Ids = row.Ids.Take(4).ToArray(), Mask = row.Mask.Take(4).ToArray() }).ToArray();
        var warnings = _ml.Listen("Warning");
        var expected = Explain(cut, options => options.MaximumLength = 4);
        warnings.Clear();
        var actual = Explain(rows, options => options.MaximumLength = 4);
        Assert.Contains(warnings, warning => warning.Contains("the first 4 are used", StringComparison.Ordinal));
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(rows[i].Ids.Length, actual[i].Heatmap.Length);
            Assert.All(actual[i].Heatmap.Skip(4), bits => Assert.Equal(0, bits));
            actual[i].Heatmap = actual[i].Heatmap.Take(4).ToArray();
        }

        AssertClose(expected, actual);
    }

    [Fact]
    public void Bad_sequences_are_named()
    {
        var rows = TokenRow.Make(8);
        rows[1].Mask = [1];
        rows[2].Ids[0] = TokenNetwork.Vocabulary;
        (rows[3].Ids, rows[3].Mask) = ([], []);
        rows[4].Mask = rows[4].Mask.Select(_ => 0).ToArray();
        using var transformer = _ml.Transforms.Iba(Options()).Fit(_ml.Data.LoadFromEnumerable(TokenRow.Make(40)));
        var view = transformer.Transform(_ml.Data.LoadFromEnumerable(rows));
        using var cursor = view.GetRowCursor([view.Schema["Bits"]]);
        var getter = cursor.GetGetter<float>(view.Schema["Bits"]);
        var failures = new List<string>();
        while (cursor.MoveNext())
        {
            float bits = 0;
            failures.Add(Record.Exception(() => getter(ref bits))?.Message ?? "");
        }

        Assert.Contains($"'Mask' has 1 values where column 'Ids' has {rows[1].Ids.Length}", failures[1], StringComparison.Ordinal);
        Assert.Contains("Row 2 cannot be explained", failures[2], StringComparison.Ordinal);
        Assert.Contains("Row 3: column 'Ids' is empty", failures[3], StringComparison.Ordinal);
        Assert.Contains("Row 4", failures[4], StringComparison.Ordinal);
        Assert.Contains("mask", failures[4], StringComparison.Ordinal);
        Assert.Equal(4, failures.Count(failure => failure.Length == 0));
    }

    [Fact]
    public void Fit_finds_the_row_that_the_network_cannot_read()
    {
        var rows = TokenRow.Make(20);
        rows[13].Ids[0] = TokenNetwork.Vocabulary;
        var data = _ml.Data.LoadFromEnumerable(rows);
        Assert.Contains("Row 13: layer 'embeddings' cannot be measured", Assert.ThrowsAny<InvalidOperationException>(
            () => _ml.Transforms.Iba(Options()).Fit(data)).Message, StringComparison.Ordinal);
        var options = Options();
        options.BadRows = BadRowHandling.Missing;
        using var transformer = _ml.Transforms.Iba(options).Fit(data);
        Assert.Equal(19, transformer.MeasuredRows);
    }
}
