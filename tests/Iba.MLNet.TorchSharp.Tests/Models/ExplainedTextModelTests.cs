using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;

namespace Iba.MLNet.TorchSharp.Tests;

/// <summary>A text classifier explained by one line, saved, and loaded.</summary>
[Collection(FittedModelTests.Name)]
public sealed class ExplainedTextModelTests : IDisposable
{
    private const string Text = "When the guitar was there, people were quiet.";

    private readonly FittedModel _fitted;
    private readonly IbaTransformer _explained;
    private readonly string _folder = Directory.CreateTempSubdirectory("iba-text-").FullName;

    public ExplainedTextModelTests(FittedModel fitted) => (_fitted, _explained) = (fitted, fitted.Explained);

    private sealed class Explained
    {
        public string Text { get; set; } = "";

        public string PredictedLabel { get; set; } = "";

        public int[] TokenOffsets { get; set; } = [];

        public float[] Bits { get; set; } = [];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_words_of_the_text_get_bits_beside_the_models_own_columns()
    {
        var row = Explain(_explained, Text);

        Assert.Contains(row.PredictedLabel, Topics.Names);
        var words = WordBits.Join(row.Text, row.TokenOffsets, row.Bits);
        Assert.Equal("When|the|guitar|was|there|,|people|were|quiet|.", string.Join('|', words.Select(word => word.Word)));
        Assert.All(words, word => Assert.InRange(word.Bits, 1e-3, 5000));
    }

    [Fact]
    public void An_empty_text_is_the_first_token_alone_and_a_long_one_is_cut_with_a_warning()
    {
        var warnings = new List<string>();
        using var quick = _fitted.MLContext.Transforms.Iba(new IbaEstimator.Options { OutputColumnName = "Bits", Model = _fitted.Model, Steps = 1, NoiseCopies = 1 }).Fit(_fitted.Rows);
        _fitted.MLContext.Log += Collect;
        var rows = Rows(quick, "", string.Concat(Enumerable.Repeat("green house ", 300)));
        _fitted.MLContext.Log -= Collect;

        Assert.Single(rows[0].Bits);
        Assert.Equal(512, rows[1].Bits.Length);
        Assert.Contains(warnings, warning => warning.Contains("more than 512 tokens", StringComparison.Ordinal));

        void Collect(object? sender, LoggingEventArgs log)
        {
            if (log.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(log.Message);
        }
    }

    [Fact]
    public void The_model_is_stored_once_and_gives_the_same_bits_when_it_is_loaded()
    {
        string model = PathOf("model.zip"), both = Save();
        _fitted.MLContext.Model.Save(_fitted.Model, _fitted.Rows.Schema, model);

        Assert.InRange(new FileInfo(both).Length - new FileInfo(model).Length, 1, 100_000);
        var loaded = new MLContext().Model.Load(both, out _);
        using (loaded as IDisposable) Assert.Equal(Explain(_explained, Text).Bits, Explain(loaded, Text).Bits);
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task A_fresh_process_that_names_none_of_our_types_loads_it_and_explains_in_bulk_and_singly()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        string application = Path.Combine(own.Parent!.Parent!.Parent!.Parent!.FullName, "LoadsTextModel", "bin", own.Parent.Name, own.Name, "LoadsTextModel.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [application, Save(), Text]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string[] printed = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.TrimEntries);
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);

        var expected = Explain(_explained, Text);
        string bits = string.Join(' ', expected.Bits.Select(bit => bit.ToString("R", CultureInfo.InvariantCulture)));
        Assert.Equal([bits, bits, expected.PredictedLabel], printed[..3]);
    }

    private string Save()
    {
        string path = PathOf("explained.zip");
        _fitted.MLContext.Model.Save(_explained, _fitted.Rows.Schema, path);
        return path;
    }

    private Explained Explain(ITransformer transformer, string text) => Rows(transformer, text)[0];

    private Explained[] Rows(ITransformer transformer, params string[] texts)
    {
        var rows = _fitted.MLContext.Data.LoadFromEnumerable(texts.Select(text => new Sentence { Label = Topics.Names[0], Text = text }));
        return [.. _fitted.MLContext.Data.CreateEnumerable<Explained>(transformer.Transform(rows), reuseRowObject: false)];
    }

    private string PathOf(string file) => Path.Combine(_folder, file);
}
