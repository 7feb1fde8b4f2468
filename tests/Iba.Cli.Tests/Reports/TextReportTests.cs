using System.Text.Json;
using Iba.Jobs;
using Iba.MLNet;
using Iba.Onnx;
using Microsoft.ML;

namespace Iba.Cli.Tests;

/// <summary>The report of a job over texts: its words, as the library finds them.</summary>
public sealed class TextReportTests : IDisposable
{
    private readonly Iba.Jobs.Tests.TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 0);

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Speed", "Slow")]
    public void Words_carry_the_bits_of_their_tokens()
    {
        Sentence[] sentences = [new("The volcano's ash grounded flights."), new("The team won the final in extra time."), new("The orchestra played a symphony.")];
        using (var stream = File.Create(_folder["rows.idv"])) _ml.Data.SaveAsBinary(_ml.Data.LoadFromEnumerable(sentences), stream);
        Save(_folder["topics.zip"], sentences);

        var typed = Typed.Run("explain", _folder["rows.idv"], "--model", _folder["topics.zip"], "--output", _folder["job"], "--json");

        Assert.Equal((ExitCode.Success, 3), (typed.Code, (int)typed.Result["rows"]!));
        var rows = IbaJob.Open(_folder["job"]).Rows().ToArray();
        var explainer = _ml.Model.Load(_folder["topics.zip"], out _);
        var explained = _ml.Data.CreateEnumerable<Explained>(explainer.Transform(_ml.Data.LoadFromEnumerable(sentences)), reuseRowObject: false).ToArray();
        var shown = Page(_folder["job/report.html"]);
        for (int row = 0; row < rows.Length; row++)
        {
            var expected = WordBits.Join(sentences[row].Text, explained[row].Offsets, explained[row].Bits);
            var words = shown[row].GetProperty("words").EnumerateArray().Where(word => word.ValueKind == JsonValueKind.Array).ToArray();
            Assert.Equal(expected.Select(word => word.Word), words.Select(word => word[0].GetString()));
            Assert.All(expected.Zip(words), pair => Assert.Equal(pair.First.Bits, pair.Second[1].GetDouble(), 1e-3 + (1e-4 * pair.First.Bits)));
        }

        // Another table under the same name has other words.
        using (var stream = File.Create(_folder["rows.idv"])) _ml.Data.SaveAsBinary(_ml.Data.LoadFromEnumerable(sentences.Reverse()), stream);
        var without = Typed.Run("report", _folder["job"]);
        Assert.Equal(ExitCode.Success, without.Code);
        Assert.Contains("the report goes without its texts", without.Error, StringComparison.Ordinal);
        Assert.False(Page(_folder["job/report.html"])[0].TryGetProperty("words", out _));
    }

    private void Save(string zip, Sentence[] sentences)
    {
        string assets = Path.Combine(AppContext.BaseDirectory, "topics");
        using var network = OnnxNetwork.Load(Path.Combine(assets, "topics.onnx"));
        var rows = _ml.Data.LoadFromEnumerable(sentences);
        var fitted = _ml.Transforms.Text.TokenizeIntoWordPieces("Tokens", Path.Combine(assets, "vocab.txt"), "Text", "Mask", "Offsets")
            .Append(_ml.Transforms.Iba(new IbaEstimator.Options
            {
                OutputColumnName = "Bits",
                InputColumnName = "Tokens",
                Network = network,
                Layer = "embeddings",
                InputName = "input_ids",
                MaskInputName = "attention_mask",
                ContextColumns = new Dictionary<string, string> { ["attention_mask"] = "Mask" },
                Steps = 2,
                NoiseCopies = 2,
            })).Fit(rows);
        _ml.Model.Save(fitted, rows.Schema, zip);
    }

    private static JsonElement[] Page(string report)
    {
        const string Begin = "<script type=\"application/json\" id=\"page-0\">";
        string html = File.ReadAllText(report);
        int from = html.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        return [.. JsonDocument.Parse(html[from..html.IndexOf("</script>", from, StringComparison.Ordinal)]).RootElement.EnumerateArray()];
    }

    private sealed class Sentence
    {
        public Sentence()
        {
        }

        public Sentence(string text) => Text = text;

        public string Text { get; set; } = "";
    }

    private sealed class Explained
    {
        public int[] Offsets { get; set; } = [];

        public float[] Bits { get; set; } = [];
    }
}
