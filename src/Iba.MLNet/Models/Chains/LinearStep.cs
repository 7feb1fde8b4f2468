namespace Iba.MLNet;

/// <summary>A linear classifier in its place in a chain.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="FeatureColumn">The column that it reads.</param>
/// <param name="Features">What that column stands for.</param>
/// <param name="Scores">What its scores are to the steps behind it.</param>
/// <param name="PredictedLabel">What its predicted class is to them.</param>
internal sealed record LinearStep(LinearClassifier Classifier, string FeatureColumn, ChainTensor Features, OpaqueTensor Scores, OpaqueTensor PredictedLabel);
