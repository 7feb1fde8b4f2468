using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Iba.Evaluation;

/// <summary>The sentences of the topics, as token ids with a mask that is 1 everywhere: each has its own length.</summary>
internal static class Sentences
{
    public static IReadOnlyList<EvaluatedRow> Read(string folder, string split)
    {
        var ml = new MLContext(seed: 0);
        var all = ml.Data.LoadFromTextFile<Sentence>(Path.Combine(folder, "sentences.csv"), separatorChar: ',', hasHeader: true, allowQuoting: true);
        var tokens = ml.Transforms.Text.TokenizeIntoWordPieces("Tokens", Path.Combine(folder, "vocab.txt"), "Text", "Mask", "Offsets").Fit(all).Transform(all);
        return ml.Data.CreateEnumerable<Tokenized>(tokens, reuseRowObject: false).Where(sentence => sentence.Split == split)
            .Select(sentence => new EvaluatedRow(
                sentence.Text,
                [torch.tensor(sentence.Tokens, [1, sentence.Tokens.Length]), torch.ones([1, sentence.Tokens.Length], torch.int64)],
                null,
                null))
            .ToArray();
    }

    private class Sentence
    {
        [LoadColumn(0)]
        public string Split { get; set; } = "";

        [LoadColumn(2)]
        public string Text { get; set; } = "";
    }

    private sealed class Tokenized : Sentence
    {
        public long[] Tokens { get; set; } = [];
    }
}
