using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>ML.NET's linear trainers, by their names.</summary>
internal static class Trainers
{
    // Without a limit they look for an optimum that no test needs.
    private const int Iterations = 10;

    public static IEstimator<ITransformer> Multiclass(MLContext ml, string name, string features)
    {
        var trainers = ml.MulticlassClassification.Trainers;
        bool isRaw = name.EndsWith(", raw", StringComparison.Ordinal);
        return name.Replace(", raw", "", StringComparison.Ordinal) switch
        {
            "LbfgsMaximumEntropy" => trainers.LbfgsMaximumEntropy("Label", features),
            "SdcaMaximumEntropy" => trainers.SdcaMaximumEntropy("Label", features, maximumNumberOfIterations: Iterations),
            "SdcaNonCalibrated" => trainers.SdcaNonCalibrated("Label", features, maximumNumberOfIterations: Iterations),
            "OneVersusAll of LbfgsLogisticRegression" => trainers.OneVersusAll(ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Label", features), "Label", useProbabilities: !isRaw),
            "OneVersusAll of SdcaLogisticRegression" => trainers.OneVersusAll(ml.BinaryClassification.Trainers.SdcaLogisticRegression("Label", features, maximumNumberOfIterations: Iterations), "Label", useProbabilities: !isRaw),
            "OneVersusAll of AveragedPerceptron" => trainers.OneVersusAll(ml.BinaryClassification.Trainers.AveragedPerceptron("Label", features), "Label", useProbabilities: !isRaw),
            "OneVersusAll of LinearSvm" => trainers.OneVersusAll(ml.BinaryClassification.Trainers.LinearSvm("Label", features), "Label", useProbabilities: !isRaw),
            _ => throw new ArgumentException(name),
        };
    }

    public static IEstimator<ITransformer> Binary(MLContext ml, string name, string label, string features) => name switch
    {
        "LbfgsLogisticRegression" => ml.BinaryClassification.Trainers.LbfgsLogisticRegression(label, features),
        "SdcaLogisticRegression" => ml.BinaryClassification.Trainers.SdcaLogisticRegression(label, features, maximumNumberOfIterations: Iterations),
        "SdcaNonCalibrated" => ml.BinaryClassification.Trainers.SdcaNonCalibrated(label, features, maximumNumberOfIterations: Iterations),
        "SgdCalibrated" => ml.BinaryClassification.Trainers.SgdCalibrated(label, features),
        "AveragedPerceptron" => ml.BinaryClassification.Trainers.AveragedPerceptron(label, features),
        "LinearSvm" => ml.BinaryClassification.Trainers.LinearSvm(label, features),
        _ => throw new ArgumentException(name),
    };
}
