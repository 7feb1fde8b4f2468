using Microsoft.ML;

namespace Iba.MLNet.Tests;

public class WordPieceTransformerTests
{
    private static readonly string[] Texts = ["The goalkeeper saved a penalty.", "Straße", ""];

    private readonly MLContext _mlContext = new(seed: 1);

    private sealed class Input
    {
        public string? Text { get; set; }
    }

    private sealed class Output
    {
        public long[] Ids { get; set; } = [];

        public long[] Mask { get; set; } = [];

        public int[] Offsets { get; set; } = [];

        public long[] Types { get; set; } = [];
    }

    private static WordPieceEstimator.Options Options(int maximumTokens = 512) => new()
    {
        OutputColumnName = "Ids",
        InputColumnName = "Text",
        VocabularyPath = TopicsAssets.Vocabulary,
        AttentionMaskColumnName = "Mask",
        OffsetsColumnName = "Offsets",
        TokenTypeIdsColumnName = "Types",
        MaximumTokens = maximumTokens,
    };

    private IDataView Data(params string?[] texts) => _mlContext.Data.LoadFromEnumerable(texts.Select(text => new Input { Text = text }));

    [Fact]
    public void The_schema_promised_is_the_schema_delivered()
    {
        var data = Data("a text");
        var estimator = _mlContext.Transforms.Text.TokenizeIntoWordPieces(Options());

        var promised = estimator.GetOutputSchema(SchemaShape.Create(data.Schema));
        var delivered = SchemaShape.Create(estimator.Fit(data).GetOutputSchema(data.Schema));

        Assert.Equal(
            promised.Select(column => (column.Name, column.Kind, column.ItemType)).Order(),
            delivered.Select(column => (column.Name, column.Kind, column.ItemType)).Order());
    }

    [Theory]
    [InlineData(3L, "[CLS]", "[SEP]", "[UNK]", "[PAD]", "a")]
    [InlineData(null, "[CLS]", "[SEP]", "[UNK]", "a")]
    public void The_ids_say_what_rows_are_padded_with_where_the_vocabulary_does(long? expected, params string[] vocabulary)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, vocabulary);
            var data = Data("a");
            var estimator = _mlContext.Transforms.Text.TokenizeIntoWordPieces("Ids", path, "Text");

            Assert.Equal(expected, PaddingAnnotation.Of(estimator.Fit(data).Transform(data).Schema["Ids"]));
            Assert.True(estimator.GetOutputSchema(SchemaShape.Create(data.Schema)).TryFindColumn("Ids", out var promised));
            Assert.Equal(expected != null, promised.Annotations.TryFindColumn("PaddingId", out _));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void All_columns_of_a_row_have_one_element_for_each_token()
    {
        var data = Data("The surgeon removed the tumour.", "", null, "Café");

        var rows = Rows(_mlContext.Transforms.Text.TokenizeIntoWordPieces(Options()).Fit(data).Transform(data));

        Assert.Equal([101, 1996, 9431, 3718, 1996, 10722, 20360, 1012, 102], rows[0].Ids);
        Assert.Equal([0, 0, 0, 3, 4, 7], rows[0].Offsets[..6]);
        Assert.All(rows, row =>
        {
            Assert.Equal(Enumerable.Repeat(1L, row.Ids.Length), row.Mask);
            Assert.Equal(new long[row.Ids.Length], row.Types);
            Assert.Equal(2 * row.Ids.Length, row.Offsets.Length);
        });
        Assert.Equal([101, 102], rows[1].Ids);
        Assert.Equal([101, 102], rows[2].Ids);
        Assert.Equal([101, 7668, 102], rows[3].Ids);
    }

    [Fact]
    public void A_loaded_pipeline_gives_the_same_in_bulk_and_one_by_one()
    {
        var data = Data(Texts);
        var fitted = _mlContext.Transforms.Text.TokenizeIntoWordPieces(Options()).Fit(data);
        using var zip = new MemoryStream();
        _mlContext.Model.Save(fitted, data.Schema, zip);
        zip.Position = 0;

        var loaded = new MLContext().Model.Load(zip, out var schema);
        var expected = Rows(fitted.Transform(data));
        var bulk = Rows(loaded.Transform(data));
        using var engine = _mlContext.Model.CreatePredictionEngine<Input, Output>(loaded, schema);
        var single = Texts.Select(text => engine.Predict(new Input { Text = text })).ToArray();

        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Ids, bulk[i].Ids);
            Assert.Equal(expected[i].Offsets, bulk[i].Offsets);
            Assert.Equal(expected[i].Ids, single[i].Ids);
            Assert.Equal(expected[i].Offsets, single[i].Offsets);
        }
    }

    [Fact]
    public void A_text_beyond_the_maximum_is_cut_with_one_warning()
    {
        var warnings = new List<string>();
        _mlContext.Log += (_, log) => { if (log.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(log.Message); };
        var data = Data("The bank refused the loan.", "The bank refused the loan.");

        var rows = Rows(_mlContext.Transforms.Text.TokenizeIntoWordPieces(Options(maximumTokens: 5)).Fit(data).Transform(data));

        Assert.All(rows, row => Assert.Equal([101, 1996, 2924, 4188, 102], row.Ids));
        Assert.Contains("more than 5 tokens: it is cut after character 16", Assert.Single(warnings));
    }

    [Fact]
    public void Only_the_columns_asked_for_are_made()
    {
        var data = Data("a text");

        var schema = _mlContext.Transforms.Text.TokenizeIntoWordPieces("Ids", TopicsAssets.Vocabulary, "Text").Fit(data).GetOutputSchema(data.Schema);

        Assert.Equal(["Text", "Ids"], schema.Select(column => column.Name));
    }

    [Fact]
    public void Wrong_arguments_are_refused_at_once()
    {
        var text = _mlContext.Transforms.Text;
        Assert.Contains("no file", Assert.ThrowsAny<ArgumentException>(() => text.TokenizeIntoWordPieces("Ids", "/no/such.txt")).Message);
        Assert.Contains("at least 3", Assert.ThrowsAny<ArgumentException>(() => text.TokenizeIntoWordPieces(Options(maximumTokens: 2))).Message);

        Assert.Contains("'Ids'", Assert.ThrowsAny<ArgumentException>(() => text.TokenizeIntoWordPieces("Ids", TopicsAssets.Vocabulary, "Text", "Ids")).Message);
        string zip = Path.ChangeExtension(TopicsAssets.Network, ".onnx");
        Assert.Contains(zip, Assert.ThrowsAny<ArgumentException>(() => text.TokenizeIntoWordPieces("Ids", zip)).Message);

        var numbers = _mlContext.Data.LoadFromEnumerable([new { Text = 1f }]);
        var estimator = text.TokenizeIntoWordPieces(Options());
        Assert.Contains("Text", Assert.ThrowsAny<ArgumentException>(() => estimator.GetOutputSchema(SchemaShape.Create(numbers.Schema))).Message);
        Assert.Contains("Text", Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(numbers)).Message);
        Assert.Contains("Text", Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(Data("a")).Transform(numbers)).Message);
    }

    private Output[] Rows(IDataView data) => _mlContext.Data.CreateEnumerable<Output>(data, reuseRowObject: false).ToArray();
}
