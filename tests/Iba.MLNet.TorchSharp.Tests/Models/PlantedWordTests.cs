using Microsoft.ML;

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
    public void A_model_that_has_learned_nothing_needs_no_word()
    {
        var rows = Explain(fitted.Model, fitted.Rows, Topics.Make(3, seed: 2));

        Assert.All(rows.SelectMany(row => row.Words), word => Assert.InRange(word.Bits, 0, 1));
    }

    private Explained[] Explain(ITransformer model, IDataView training, Sentence[] sentences)
    {
        var classifier = TextClassificationReader.Read([.. ModelClassifiers.Steps(model)]).Single();
        using var network = classifier.Network;
        using var explainer = _ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Bits",
            InputColumnName = classifier.InputColumnName,
            Network = network,
            Layer = classifier.Layer,
            InputName = classifier.InputName,
            MaskInputName = classifier.MaskInputName,
            ContextColumns = classifier.ContextColumns!.ToDictionary(),
            Seed = 0,
        }).Fit(classifier.Preparation!.Transform(model.Transform(training)));
        var view = explainer.Transform(classifier.Preparation.Transform(model.Transform(_ml.Data.LoadFromEnumerable(sentences))));
        return [.. _ml.Data.CreateEnumerable<Explained>(view, reuseRowObject: false)];
    }
}
