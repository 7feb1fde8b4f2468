using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Iba.MLNet.Tests;

/// <summary>Linear trainers behind a network: the composed network's outputs against the scores of ML.NET, row by row.</summary>
public sealed class LinearChainTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly ChainModels _models = new();
    private readonly MLContext _ml;
    private readonly IDataView _data;

    public LinearChainTests()
    {
        _ml = _models.ML;
        _data = _ml.Data.LoadFromEnumerable(ChainRow.Make(60));
    }

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData("LbfgsMaximumEntropy", "MaximumEntropy", true)]
    [InlineData("SdcaMaximumEntropy", "MaximumEntropy", true)]
    [InlineData("SdcaNonCalibrated", "LinearMulticlass", false)]
    [InlineData("OneVersusAll of LbfgsLogisticRegression", "OneVersusAll of LinearBinary", true)]
    [InlineData("OneVersusAll of AveragedPerceptron", "OneVersusAll of LinearBinary", true)]
    [InlineData("OneVersusAll of LinearSvm, raw", "OneVersusAll of LinearBinary", false)]
    [InlineData("OneVersusAll of SdcaLogisticRegression, raw", "OneVersusAll of LinearBinary", false)]
    public void Scores_of_several_classes_are_those_of_ML_NET(string trainer, string name, bool areProbabilities)
    {
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_models.Featurizer()).Append(Trainers.Multiclass(_ml, trainer, "f")).Fit(_data);
        foreach (var variant in new[] { model, _models.Reloaded(model) })
        {
            var classifier = ChainModels.Find(variant);
            using var network = classifier.Network;
            Assert.Equal($"{name} on 'f'", classifier.Name);
            Assert.Equal("x", classifier.InputColumnName);
            Assert.Equal("Score", classifier.ScoreColumnName);
            Assert.Equal("PredictedLabel", classifier.PredictedLabelColumnName);
            Assert.Equal(["red", "green", "dark"], classifier.ClassNames!);
            Assert.Equal(Iba.Torch.OutputKind.Logits, network.Output);

            var rows = _ml.Data.CreateEnumerable<KindScoredRow>(variant.Transform(_data), reuseRowObject: false).ToArray();
            float[][] logits = ChainModels.Outputs(network, rows.Select(row => row.Pixels), 3, 8, 8);
            foreach (var (row, output) in rows.Zip(logits))
            {
                ChainModels.Close(row.Score, areProbabilities ? ChainModels.Softmax(output) : output, Tolerance);
                Assert.Equal((int)row.PredictedLabel - 1, Array.IndexOf(output, output.Max()));
            }

            Assert.True(rows.Select(row => row.PredictedLabel).Distinct().Count() == 3, "The classes differ, or the test shows nothing.");
        }
    }

    [Theory]
    [InlineData("LbfgsLogisticRegression")]
    [InlineData("SdcaLogisticRegression")]
    [InlineData("SdcaNonCalibrated")]
    [InlineData("SgdCalibrated")]
    [InlineData("AveragedPerceptron")]
    [InlineData("LinearSvm")]
    public void Two_classes_are_the_logits_0_and_the_score(string trainer)
    {
        var model = _models.Featurizer().Append(Trainers.Binary(_ml, trainer, "IsRed", "f")).Fit(_data);
        foreach (var variant in new[] { model, _models.Reloaded(model) })
        {
            var classifier = ChainModels.Find(variant);
            using var network = classifier.Network;
            Assert.Equal("LinearBinary on 'f'", classifier.Name);
            Assert.Null(classifier.PredictedLabelColumnName);
            Assert.Equal(["False", "True"], classifier.ClassNames!);

            var rows = _ml.Data.CreateEnumerable<BinaryScoredRow>(variant.Transform(_data), reuseRowObject: false).ToArray();
            float[][] logits = ChainModels.Outputs(network, rows.Select(row => row.Pixels), 3, 8, 8);
            foreach (var (row, output) in rows.Zip(logits))
            {
                ChainModels.Close([0, row.Score], output, Tolerance);
                Assert.Equal(row.PredictedLabel, output[1] > output[0]);
            }

            Assert.Contains(rows, row => row.PredictedLabel);
            Assert.Contains(rows, row => !row.PredictedLabel);
        }
    }

    [Theory]
    [InlineData("Score", -2f)]
    [InlineData("Score", 1.5f)]
    [InlineData("Probability", 0.2f)]
    [InlineData("Probability", 0.7f)]
    public void A_threshold_of_its_own_moves_the_margin(string column, float threshold)
    {
        var featurizer = _models.Featurizer().Fit(_data);
        var trained = _ml.BinaryClassification.Trainers.LbfgsLogisticRegression("IsRed", "f").Fit(featurizer.Transform(_data));
        var moved = new BinaryPredictionTransformer<CalibratedModelParametersBase<LinearBinaryModelParameters, PlattCalibrator>>(
            _ml, trained.Model, featurizer.GetOutputSchema(_data.Schema), "f", threshold, column);
        var model = new TransformerChain<ITransformer>(featurizer, moved);
        using var network = ChainModels.Find(model).Network;
        var rows = _ml.Data.CreateEnumerable<BinaryScoredRow>(model.Transform(_data), reuseRowObject: false).ToArray();
        float[][] logits = ChainModels.Outputs(network, rows.Select(row => row.Pixels), 3, 8, 8);
        double margin = column == "Score" ? threshold : Math.Log(threshold / (1 - threshold));
        foreach (var (row, output) in rows.Zip(logits))
        {
            ChainModels.Close([0, (float)(row.Score - margin)], output, Tolerance);
            Assert.Equal(row.PredictedLabel, output[1] > output[0]);
        }

        var plain = _ml.Data.CreateEnumerable<BinaryScoredRow>(trained.Transform(featurizer.Transform(_data)), reuseRowObject: false);
        Assert.Contains(plain.Zip(rows), pair => pair.First.PredictedLabel != pair.Second.PredictedLabel);
    }

    [Fact]
    public void A_calibrator_behind_a_classifier_changes_nothing()
    {
        var scored = _models.Featurizer().Append(_ml.BinaryClassification.Trainers.AveragedPerceptron("IsRed", "f")).Fit(_data);
        var calibrated = scored.Append(_ml.BinaryClassification.Calibrators.Platt("IsRed").Fit(scored.Transform(_data)));
        var classifier = ChainModels.Find(calibrated);
        using var network = classifier.Network;
        Assert.Equal("LinearBinary on 'f'", classifier.Name);
    }

    [Fact]
    public void Predicted_names_in_place_of_keys_leave_the_classes_their_names()
    {
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_models.Featurizer())
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "f")).Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Append(_ml.Transforms.CopyColumns("Copy", "Score")).Append(_ml.Transforms.DropColumns("Score")).Fit(_data);
        var classifier = ChainModels.Find(model);
        using var network = classifier.Network;
        Assert.Null(classifier.PredictedLabelColumnName);
        Assert.Equal("Copy", classifier.ScoreColumnName);
        Assert.Equal(["red", "green", "dark"], classifier.ClassNames!);
    }

    [Fact]
    public void Two_classifiers_on_one_network_are_two()
    {
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_models.Featurizer())
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "f")).Append(_ml.Transforms.CopyColumns("Kinds", "Score"))
            .Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression("IsRed", "f")).Fit(_data);
        var found = ChainClassifiers.Read([.. ModelClassifiers.Steps(model)]).ToArray();
        Assert.Equal([("MaximumEntropy on 'f'", "Kinds"), ("LinearBinary on 'f'", "Score")], found.Select(classifier => (classifier.Name, classifier.ScoreColumnName)));
        foreach (var classifier in found) classifier.Network.Dispose();
        string message = Assert.ThrowsAny<ArgumentException>(() => ModelClassifiers.Find((IHostEnvironment)_ml, model)).Message;
        Assert.Contains("'Kinds' of MaximumEntropy on 'f', 'Score' of LinearBinary on 'f'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_linear_classifier_beside_one_that_is_refused_is_explained_by_its_name_alone()
    {
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_models.Featurizer())
            .Append(_ml.MulticlassClassification.Trainers.NaiveBayes("Label", "f")).Append(_ml.Transforms.CopyColumns("Bayes", "Score"))
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "f")).Fit(_data);
        string message = Assert.ThrowsAny<ArgumentException>(() => ModelClassifiers.Find((IHostEnvironment)_ml, model)).Message;
        Assert.Contains("The predictor 'NaiveBayesMulticlass' cannot be explained: it reads column 'f', which a network makes", message, StringComparison.Ordinal);
        var found = ModelClassifiers.Find((IHostEnvironment)_ml, model, "Score");
        Assert.Equal("MaximumEntropy on 'f'", found.Classifier.Name);
        found.Release();
    }

    [Fact]
    public void A_model_on_plain_columns_is_none()
    {
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "x")).Fit(_data);
        Assert.Empty(ChainClassifiers.Read([.. ModelClassifiers.Steps(model)]));
    }
}
