using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Iba.MLNet;

/// <summary>
/// A fitted linear trainer as weights: a row x of F features has one number for each of C classes, <c>W x + b</c>, by which ML.NET decides.
/// </summary>
/// <param name="Name">What the model is called in ML.NET: "MaximumEntropy", "OneVersusAll of LinearBinary".</param>
/// <param name="Weights">W, <c>[C][F]</c>.</param>
/// <param name="Biases">b, <c>[C]</c>.</param>
/// <param name="Columns">The columns that the step adds.</param>
internal sealed record LinearClassifier(string Name, IReadOnlyList<float[]> Weights, IReadOnlyList<float> Biases, ScoreColumns Columns)
{
    private const string Suffix = "ModelParameters";

    /// <summary>
    /// Whether a class's number is the log odds of a probability of its own, and scores are these probabilities divided by their sum, as
    /// OneVersusAll does it. Default: the numbers are the classes' logits.
    /// </summary>
    public bool AreLogOdds { get; private init; }

    /// <summary>Reads a step.</summary>
    /// <returns>Null: it is no linear classifier.</returns>
    /// <exception cref="NotSupportedException">It is one, but its decision is not.</exception>
    public static LinearClassifier? Of(ITransformer step) => step switch
    {
        MulticlassPredictionTransformer<MaximumEntropyModelParameters> multiclass => Multiclass(multiclass.Model, ScoreColumns.Of(step, multiclass.TrainSchema[multiclass.FeatureColumnName])),
        MulticlassPredictionTransformer<LinearMulticlassModelParameters> multiclass => Multiclass(multiclass.Model, ScoreColumns.Of(step, multiclass.TrainSchema[multiclass.FeatureColumnName])),
        MulticlassPredictionTransformer<OneVersusAllModelParameters> several => OneVersusAll(several.Model, ScoreColumns.Of(step, several.TrainSchema[several.FeatureColumnName])),
        BinaryPredictionTransformer<LinearBinaryModelParameters> binary
            => Binary(binary.Model, binary.ThresholdColumn, binary.Threshold, ScoreColumns.Of(step, binary.TrainSchema[binary.FeatureColumnName])),
        BinaryPredictionTransformer<CalibratedModelParametersBase<LinearBinaryModelParameters, PlattCalibrator>> binary
            => Binary(binary.Model, binary.ThresholdColumn, binary.Threshold, ScoreColumns.Of(step, binary.TrainSchema[binary.FeatureColumnName])),
        BinaryPredictionTransformer<CalibratedModelParametersBase<LinearBinaryModelParameters, ICalibrator>> binary
            => Binary(binary.Model, binary.ThresholdColumn, binary.Threshold, ScoreColumns.Of(step, binary.TrainSchema[binary.FeatureColumnName])),
        _ => null,
    };

    /// <summary>The name of a model without its ending, for messages: "LightGbmMulticlass", "OneVersusAll of LightGbmBinary".</summary>
    public static string NameOf(object model) => model switch
    {
        OneVersusAllModelParameters several => $"OneVersusAll of {NameOf(several.SubModelParameters[0])}",
        CalibratedModelParametersBase calibrated => NameOf(calibrated.SubModel),
        _ => model.GetType().Name.Split('`')[0].Replace(Suffix, "", StringComparison.Ordinal),
    };

    /// <summary>The scores' softmax, or the scores themselves, are what ML.NET shows: both differ from the logits by nothing that changes their order.</summary>
    private static LinearClassifier Multiclass(LinearMulticlassModelParametersBase model, ScoreColumns columns)
    {
        VBuffer<float>[]? weights = null;
        model.GetWeights(ref weights, out int classes);
        return new LinearClassifier(NameOf(model), weights.Take(classes).Select(row => row.DenseValues().ToArray()).ToArray(), model.GetBiases().ToArray(), columns);
    }

    /// <summary>
    /// Two classes with the logits 0 and the margin by which ML.NET decides: what it compares with a threshold, less that threshold. Its
    /// comparison is strict, and so a margin of 0 is the first class.
    /// </summary>
    private static LinearClassifier Binary(object whole, string thresholdColumn, float threshold, ScoreColumns columns)
    {
        var (model, platt) = Parts(whole)!.Value;
        var (slope, offset) = (1.0, -(double)threshold);
        if (thresholdColumn == DefaultColumnNames.Probability)
        {
            if (platt == null || threshold is not (> 0 and < 1))
            {
                throw new NotSupportedException(
                    $"The classifier '{NameOf(model)}' compares column '{thresholdColumn}' with {threshold}: supported are thresholds between 0 and 1 on " +
                    "probabilities of Platt's calibrator, and any on the score. Set another with mlContext.BinaryClassification.ChangeModelThreshold.");
            }

            // p > t where the log odds of p are greater than those of t.
            (slope, offset) = (-platt.Slope, -platt.Offset - Math.Log(threshold / (1 - (double)threshold)));
        }

        float[] weights = Scaled(model, slope);
        if (columns.ClassNames?.Count != 2) columns = columns with { ClassNames = [bool.FalseString, bool.TrueString] };
        return new LinearClassifier(NameOf(model), [new float[weights.Length], weights], [0, (float)((slope * model.Bias) + offset)], columns);
    }

    private static LinearClassifier? OneVersusAll(OneVersusAllModelParameters several, ScoreColumns columns)
    {
        var parts = several.SubModelParameters.Select(Parts).ToArray();
        if (parts.Any(part => part == null)) return null;
        bool normalizes = NormalizesProbabilities(several, parts.Select(part => part!.Value.Model.Bias).ToArray());
        if (!normalizes)
        {
            return new LinearClassifier(
                NameOf(several),
                parts.Select(part => Scaled(part!.Value.Model, 1)).ToArray(),
                parts.Select(part => part!.Value.Model.Bias).ToArray(),
                columns);
        }

        var calibrated = parts.Select(part => (part!.Value.Model, Platt: part.Value.Platt ?? throw new NotSupportedException(
            $"The classifier '{NameOf(several)}' has a calibrator that has no gradient. Leave the calibrator out of OneVersusAll: Platt's is its default."))).ToArray();
        return new LinearClassifier(
            NameOf(several),
            calibrated.Select(part => Scaled(part.Model, -part.Platt.Slope)).ToArray(),
            calibrated.Select(part => (float)((-part.Platt.Slope * part.Model.Bias) - part.Platt.Offset)).ToArray(),
            columns)
        {
            AreLogOdds = true,
        };
    }

    /// <summary>Whether scores are probabilities divided by their sum. ML.NET keeps it to itself: its answer to a row of zeros, where margins are the biases, tells.</summary>
    private static bool NormalizesProbabilities(OneVersusAllModelParameters several, float[] biases)
    {
        var mapper = (IValueMapper)several;
        var zeros = new VBuffer<float>(mapper.InputType.GetVectorSize(), 0, [], []);
        VBuffer<float> scores = default;
        mapper.GetMapper<VBuffer<float>, VBuffer<float>>()(zeros, ref scores);
        return !scores.DenseValues().SequenceEqual(biases);
    }

    /// <summary>The linear model, and its calibrator where it has Platt's; null: it is not linear.</summary>
    private static (LinearBinaryModelParameters Model, PlattCalibrator? Platt)? Parts(object model) => model switch
    {
        LinearBinaryModelParameters linear => (linear, null),
        CalibratedModelParametersBase { SubModel: LinearBinaryModelParameters linear } calibrated => (linear, calibrated.Calibrator as PlattCalibrator),
        _ => null,
    };

    private static float[] Scaled(LinearBinaryModelParameters model, double factor) => model.Weights.Select(weight => (float)(factor * weight)).ToArray();
}
