using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.TorchSharp.Tests;

[Collection(FittedModelTests.Name)]
public class PlantedWordTests(FittedModel fitted)
{
    private readonly MLContext _ml = Topics.NewContext();

    private sealed class Explained
    {
        public string Text { get; set; } = "";

        public int[] TokenOffsets { get; set; } = [];

        public float[] Bits { get; set; } = [];

        public IReadOnlyList<WordBits> Words => WordBits.Join(Text, TokenOffsets, Bits);
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void The_word_that_says_the_class_has_the_most_bits_in_sentences_that_training_did_not_see()
    {
        var training = _ml.Data.LoadFromEnumerable(Topics.Make(160, seed: 1));
        var model = Topics.Fit(_ml, training, epochs: 2);

        var rows = Explain(model, training, Topics.Make(24, seed: 2));

        int found = rows.Count(row => Topics.IsPlanted(row.Words.MaxBy(word => word.Bits)!.Word));
        Assert.InRange(found, 20, 24);
    }

    [Fact]
    public void A_model_that_has_learned_nothing_needs_a_few_bits_of_a_word_at_most()
    {
        var rows = Explain(Topics.Fit(_ml, fitted.Rows, epochs: 1, rate: 1e-9), fitted.Rows, Topics.Make(3, seed: 2));

        Assert.All(rows.SelectMany(row => row.Words), word => Assert.InRange(word.Bits, 0, 8));
    }

    private Explained[] Explain(TransformerChain<ITransformer> model, IDataView training, Sentence[] sentences)
    {
        using var explained = _ml.Transforms.Iba("Bits", model, beta: 10, seed: 0).Fit(training);
        return [.. _ml.Data.CreateEnumerable<Explained>(explained.Transform(_ml.Data.LoadFromEnumerable(sentences)), reuseRowObject: false)];
    }
}
