using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>What byte pairs and sentence pieces have in common as steps of a pipeline.</summary>
public sealed class TokenStepTests : IDisposable
{
    private static readonly string[] Texts = ["hello the world", "the banks", ""];

    private readonly MLContext _mlContext = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("iba-tokens-").FullName;

    public TokenStepTests()
    {
        File.WriteAllBytes(PathOf("vocab.json"), SmallVocabularies.BytePairs.Tokens);
        File.WriteAllBytes(PathOf("merges.txt"), SmallVocabularies.BytePairs.Merges);
        File.WriteAllText(PathOf("dict.txt"), "263 1\n268 1\n");
        File.WriteAllBytes(PathOf("spiece.model"), SmallVocabularies.SentencePieces());
    }

    public static TheoryData<string> Steps => ["byte pairs", "byte pairs with a dictionary", "sentence pieces"];

    private sealed class Input
    {
        public string? Text { get; set; }
    }

    private sealed class Output
    {
        public long[] Ids { get; set; } = [];

        public long[] Mask { get; set; } = [];

        public int[] Offsets { get; set; } = [];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Steps))]
    public void The_schema_promised_is_the_schema_delivered_and_says_the_padding(string step)
    {
        var data = Data("a text");
        var estimator = Make(step);

        var promised = estimator.GetOutputSchema(SchemaShape.Create(data.Schema));
        var schema = estimator.Fit(data).Transform(data).Schema;

        Assert.Equal(
            promised.Select(column => (column.Name, column.Kind, column.ItemType)).Order(),
            SchemaShape.Create(schema).Select(column => (column.Name, column.Kind, column.ItemType)).Order());
        Assert.Equal(step == "sentence pieces" ? 17 : 1, PaddingAnnotation.Of(schema["Ids"]));
        Assert.True(promised.TryFindColumn("Ids", out var ids) && ids.Annotations.TryFindColumn("PaddingId", out _));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_loaded_pipeline_gives_the_same_in_bulk_and_one_by_one_when_the_files_are_gone(string step)
    {
        var data = Data(Texts);
        var fitted = Make(step).Fit(data);
        using var zip = new MemoryStream();
        _mlContext.Model.Save(fitted, data.Schema, zip);
        zip.Position = 0;
        foreach (string file in Directory.GetFiles(_folder)) File.Delete(file);

        var loaded = new MLContext().Model.Load(zip, out var schema);
        var expected = Rows(fitted.Transform(data));
        var bulk = Rows(loaded.Transform(data));
        using var engine = _mlContext.Model.CreatePredictionEngine<Input, Output>(loaded, schema);

        for (int i = 0; i < expected.Length; i++)
        {
            var single = engine.Predict(new Input { Text = Texts[i] });
            Assert.NotEqual(expected[i].Ids, expected[(i + 1) % Texts.Length].Ids);
            Assert.Equal(Enumerable.Repeat(1L, expected[i].Ids.Length), expected[i].Mask);
            Assert.Equal((expected[i].Ids, expected[i].Mask, expected[i].Offsets), (bulk[i].Ids, bulk[i].Mask, bulk[i].Offsets), Same);
            Assert.Equal((expected[i].Ids, expected[i].Mask, expected[i].Offsets), (single.Ids, single.Mask, single.Offsets), Same);
        }

        static bool Same((long[], long[], int[]) one, (long[], long[], int[]) other)
            => one.Item1.SequenceEqual(other.Item1) && one.Item2.SequenceEqual(other.Item2) && one.Item3.SequenceEqual(other.Item3);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_text_beyond_the_maximum_is_cut_with_one_warning_and_a_missing_one_is_empty(string step)
    {
        var warnings = _mlContext.Listen("Warning");
        var data = Data("the banks the banks", "the banks the banks", null);

        var rows = Rows(Make(step, maximumTokens: 4).Fit(data).Transform(data));

        Assert.Equal([4, 4, 2], rows.Select(row => row.Ids.Length));
        Assert.Contains("more than 4 tokens: it is cut after character", Assert.Single(warnings));
    }

    [Fact]
    public void Wrong_arguments_are_refused_at_once()
    {
        var text = _mlContext.Transforms.Text;
        Assert.Contains("no file", Refusal(() => text.TokenizeIntoBytePairs("Ids", "/no/such.json", PathOf("merges.txt"))));
        Assert.Contains("no file", Refusal(() => text.TokenizeIntoBytePairs("Ids", PathOf("vocab.json"), "/no/such.txt")));
        Assert.Contains("no file", Refusal(() => text.TokenizeIntoSentencePieces("Ids", "/no/such.model")));
        Assert.Contains("at least 3", Refusal(() => Make("byte pairs", maximumTokens: 2)));
        Assert.Contains("at least 3", Refusal(() => Make("sentence pieces", maximumTokens: 2)));
        Assert.Contains("'Ids'", Refusal(() => text.TokenizeIntoBytePairs("Ids", PathOf("vocab.json"), PathOf("merges.txt"), "Text", "Ids")));
        Assert.Contains("vocab.json", Refusal(() => text.TokenizeIntoBytePairs("Ids", PathOf("merges.txt"), PathOf("merges.txt"))));
        Assert.Contains("SentencePiece", Refusal(() => text.TokenizeIntoSentencePieces("Ids", PathOf("merges.txt"))));

        var numbers = _mlContext.Data.LoadFromEnumerable([new { Text = 1f }]);
        Assert.Contains("Text", Refusal(() => Make("byte pairs").GetOutputSchema(SchemaShape.Create(numbers.Schema))));
        Assert.Contains("Text", Refusal(() => Make("sentence pieces").Fit(Data("a")).Transform(numbers)));

        static string Refusal(Func<object> action) => Assert.ThrowsAny<ArgumentException>(action).Message;
    }

    private IEstimator<ITransformer> Make(string step, int maximumTokens = 512) => step switch
    {
        "sentence pieces" => _mlContext.Transforms.Text.TokenizeIntoSentencePieces("Ids", PathOf("spiece.model"), "Text", "Mask", "Offsets", maximumTokens),
        "byte pairs" => _mlContext.Transforms.Text.TokenizeIntoBytePairs("Ids", PathOf("vocab.json"), PathOf("merges.txt"), "Text", "Mask", "Offsets", maximumTokens),
        _ => _mlContext.Transforms.Text.TokenizeIntoBytePairs(new BytePairEstimator.Options
        {
            OutputColumnName = "Ids",
            InputColumnName = "Text",
            VocabularyPath = PathOf("vocab.json"),
            MergesPath = PathOf("merges.txt"),
            DictionaryPath = PathOf("dict.txt"),
            AttentionMaskColumnName = "Mask",
            OffsetsColumnName = "Offsets",
            MaximumTokens = maximumTokens,
        }),
    };

    private string PathOf(string file) => Path.Combine(_folder, file);

    private IDataView Data(params string?[] texts) => _mlContext.Data.LoadFromEnumerable(texts.Select(text => new Input { Text = text }));

    private Output[] Rows(IDataView data) => _mlContext.Data.CreateEnumerable<Output>(data, reuseRowObject: false).ToArray();
}
