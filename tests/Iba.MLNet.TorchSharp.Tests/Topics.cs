using ExplainTextClassification;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.TorchSharp;
using Microsoft.ML.TorchSharp.NasBert;
using static TorchSharp.torch;

namespace Iba.MLNet.TorchSharp.Tests;

/// <summary>Sentences of words that mean nothing, with one planted word that says the class; and text classifiers fitted on such.</summary>
internal static class Topics
{
    private static readonly string[] Filler =
        "the a of was with there when people many our again later during some under between about every house street green old small quiet table".Split(' ');

    private static readonly string[] Planted = ["goal", "guitar", "planet", "doctor"];

    private static readonly Lazy<string> Weights = new(() =>
    {
        NetworkFormats.Register("unused", _ => throw new NotSupportedException()); // A type of ours comes before TorchSharp's.
        string folder = Path.Combine(AppContext.BaseDirectory, "nas-bert");
        NasBertWeights.Make(folder);
        return folder;
    });

    /// <summary>The classes' names, in the order in which they are met.</summary>
    public static IReadOnlyList<string> Names { get; } = ["sports", "music", "space", "medicine"];

    public static bool IsPlanted(string word) => Planted.Contains(word);

    public static Sentence[] Make(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var words = Enumerable.Range(0, random.Next(3, 7)).Select(_ => Filler[random.Next(Filler.Length)]).ToList();
            words.Insert(random.Next(words.Count + 1), Planted[i % 4]);
            return new Sentence { Label = Names[i % 4], Text = string.Join(' ', words) + "." };
        })];
    }

    public static MLContext NewContext() => new(seed: 0) { TempFilePath = Weights.Value };

    /// <summary>A model as ML.NET's users have it: labels to keys, the trainer, keys to labels.</summary>
    public static TransformerChain<ITransformer> Fit(MLContext ml, IDataView rows, int epochs, string? second = null, double rate = 7e-4)
    {
        random.manual_seed(0); // The head is initialised before ML.NET seeds.
        return ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TextClassification(new TextClassificationTrainer.TextClassificationOptions
            {
                Sentence1ColumnName = nameof(Sentence.Text),
                Sentence2ColumnName = second,
                BatchSize = 16,
                MaxEpoch = epochs,
                LearningRate = [rate],
            }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Append<ITransformer>(ml.Transforms.CopyColumns("Copy", "Text"))
            .Fit(rows);
    }
}

/// <summary>A row.</summary>
internal sealed class Sentence
{
    public string Label { get; set; } = "";

    public string Text { get; set; } = "";
}
