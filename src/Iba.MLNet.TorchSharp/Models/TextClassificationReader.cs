using Microsoft.ML;
using Microsoft.ML.TorchSharp.AutoFormerV2;
using Microsoft.ML.TorchSharp.NasBert;
using Microsoft.ML.TorchSharp.NasBert.Models;
using Microsoft.ML.TorchSharp.Roberta;

namespace Iba.MLNet.TorchSharp;

/// <summary>Finds ML.NET's text classifiers (NAS-BERT) among the steps of a model.</summary>
internal static class TextClassificationReader
{
    /// <summary>The text classifiers of a model; none: it has none.</summary>
    /// <exception cref="NotSupportedException">A step of Microsoft.ML.TorchSharp is there, but cannot be explained.</exception>
    public static IEnumerable<ModelClassifier> Read(IReadOnlyList<ITransformer> steps)
    {
        foreach (var step in steps)
        {
            if (Refusal(step) is { } reason) throw new NotSupportedException(reason);
            if (step is TextClassificationTransformer classifier) yield return Read(classifier);
        }
    }

    private static ModelClassifier Read(TextClassificationTransformer classifier)
    {
        var model = FittedTextClassifier.Of(classifier);
        return new ModelClassifier
        {
            Name = $"TextClassification of '{model.TextColumn}'",
            Network = MakeNetwork(classifier, model.Module),
            InputColumnName = NasBertTokens.IdsColumnName,
            InputName = NasBertNetwork.TokensInput,
            MaskInputName = NasBertNetwork.MaskInput,
            ContextColumns = new Dictionary<string, string> { [NasBertNetwork.MaskInput] = NasBertTokens.MaskColumnName },
            ScoreColumnName = model.ScoreColumn,
            PredictedLabelColumnName = model.PredictedLabelColumn,
            ClassNames = model.ClassNames,
            Preparation = new NasBertTokenTransformer(model.Host, model.TextColumn),
            Layer = NasBertNetwork.EmbeddingLayer,
        };
    }

    private static NasBertNetwork MakeNetwork(TextClassificationTransformer classifier, NasBertModel module)
    {
        try
        {
            return new NasBertNetwork(classifier, module);
        }
        catch (InvalidOperationException failure) when (failure.Message.Contains("empty handle", StringComparison.Ordinal))
        {
            throw new NotSupportedException(UnmendedPackage.Message, failure);
        }
    }

    private static string? Refusal(ITransformer step) => step switch
    {
        TextClassificationTransformer { SentenceColumn2.IsValid: true } pair =>
            $"The text classifier reads two sentences, '{pair.SentenceColumn.Name}' and '{pair.SentenceColumn2.Name}', of which one cannot be explained " +
            "without the other. Train it on one text column; for pairs, join both into one text.",
        SentenceSimilarityTransformer => NoClasses(
            "SentenceSimilarity gives one number for two sentences", "train TextClassification on classes of similarity, with both sentences joined into one text"),
        NerTransformer => NoClasses(
            "NamedEntityRecognition gives a class for each word, not one for the text", "train TextClassification on whether the text has the entity"),
        QATransformer => NoClasses(
            "QuestionAnswer gives a place in the text", "train TextClassification on the answers that you look for, as classes"),
        ObjectDetectionTransformer => NoClasses(
            "ObjectDetection gives boxes, and its network does not run on the TorchSharp that is loaded", "classify the pictures, or parts cut out of them, by ApplyOnnxModel or a featurizer and a linear trainer"),
        _ => null,
    };

    private static string NoClasses(string what, string wayOut) => $"{what}: there are no class scores of a text to explain. Way out: {wayOut}.";
}
