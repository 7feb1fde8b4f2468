using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.TorchSharp.AutoFormerV2;
using Microsoft.ML.TorchSharp.NasBert;
using Microsoft.ML.TorchSharp.Roberta;

namespace Iba.MLNet.TorchSharp.Tests;

[Collection(FittedModelTests.Name)]
public class TextClassificationReaderTests(FittedModel fitted)
{
    [Fact]
    public void A_fitted_classifier_is_found_with_all_that_feeds_it()
    {
        var classifier = Assert.Single(TextClassificationReader.Read([.. fitted.Model]));
        using var network = classifier.Network;

        Assert.Equal("TextClassification of 'Text'", classifier.Name);
        Assert.Equal(("Tokens", "tokens", "mask", "Embedding"), (classifier.InputColumnName, classifier.InputName, classifier.MaskInputName, classifier.Layer));
        Assert.Equal([new("mask", "TokenMask")], classifier.ContextColumns!);
        Assert.Equal(("Score", "PredictedLabel", true), (classifier.ScoreColumnName, classifier.PredictedLabelColumnName, classifier.OwnsNetwork));
        Assert.Equal(Topics.Names, classifier.ClassNames);
        var prepared = classifier.Preparation!.Transform(fitted.Model.Transform(fitted.Rows));
        Assert.All(["Tokens", "TokenMask", "TokenOffsets", "Score", "Text"], column => Assert.NotNull(prepared.Schema.GetColumnOrNull(column)));
    }

    [Fact]
    public void A_model_of_two_sentences_is_refused_with_both_columns()
    {
        var rows = fitted.MLContext.Data.LoadFromEnumerable(Topics.Make(8, seed: 1).Select(row => new { row.Label, row.Text, More = "more" }));
        var model = Topics.Fit(fitted.MLContext, rows, epochs: 1, second: "More");

        Assert.Contains("'Text' and 'More'", Refusal([.. model]));
    }

    [Theory]
    [InlineData(typeof(SentenceSimilarityTransformer), "SentenceSimilarity")]
    [InlineData(typeof(NerTransformer), "NamedEntityRecognition")]
    [InlineData(typeof(QATransformer), "QuestionAnswer")]
    [InlineData(typeof(ObjectDetectionTransformer), "ObjectDetection")]
    public void What_has_no_classes_of_a_text_is_refused_with_a_way_out(Type type, string expected)
    {
        object step = RuntimeHelpers.GetUninitializedObject(type);
#pragma warning disable CA1816 // Its finalizer would dispose what it does not have.
        GC.SuppressFinalize(step);
#pragma warning restore CA1816

        string refusal = Refusal([(ITransformer)step]);

        Assert.StartsWith(expected, refusal);
        Assert.Contains("Way out: ", refusal);
    }

    [Fact]
    public void Weights_that_were_disposed_are_told_as_a_mend_that_is_missing()
    {
        var model = Topics.Fit(fitted.MLContext, fitted.Rows, epochs: 1);
        var transformer = model.OfType<TextClassificationTransformer>().Single();
        FittedTextClassifier.Of(transformer).Module.parameters().First().Dispose();

        Assert.Contains("<MendMicrosoftMLTorchSharp>true</MendMicrosoftMLTorchSharp>", Refusal([transformer]));
    }

    [Fact]
    public void The_library_finds_the_package_by_itself()
    {
        var found = ModelClassifiers.Find((IHostEnvironment)fitted.MLContext, fitted.Model);

        Assert.IsType<NasBertNetwork>(found.Classifier.Network);
        found.Release();
    }

    [Fact]
    public void Steps_of_others_are_left_to_others()
        => Assert.Empty(TextClassificationReader.Read([.. fitted.Model.Where(step => step is not TextClassificationTransformer)]));

    private static string Refusal(ITransformer[] steps) => Assert.Throws<NotSupportedException>(() => TextClassificationReader.Read(steps).ToArray()).Message;
}
