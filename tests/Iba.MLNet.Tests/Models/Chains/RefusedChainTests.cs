using Iba.Onnx.Tests;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Iba.Onnx.Tests.PictureModel;

namespace Iba.MLNet.Tests;

/// <summary>Chains that cannot be explained are refused by the step that is to blame, with a way out.</summary>
public sealed class RefusedChainTests : IDisposable
{
    private readonly ChainModels _models = new();
    private readonly MLContext _ml;
    private readonly IDataView _data;

    public RefusedChainTests()
    {
        _ml = _models.ML;
        _data = _ml.Data.LoadFromEnumerable(ChainRow.Make(30));
    }

    public void Dispose() => _models.Dispose();

    public static TheoryData<string, string> Steps => new()
    {
        { "lp norm", "LpNormNormalizingTransformer makes out of a network's outputs" },
        { "log", "NormalizingTransformer makes out of a network's outputs" },
        { "binning", "NormalizingTransformer makes out of a network's outputs" },
        { "supervised binning", "NormalizingTransformer makes out of a network's outputs" },
        { "double", "TypeConvertingTransformer makes out of a network's outputs" },
        { "principal components", "PrincipalComponentAnalysisTransformer makes out of a network's outputs" },
        { "join another", "joins column 'Other', which no network makes, with a network's outputs" },
        { "custom", "CustomMappingTransformer makes, perhaps out of a network's outputs" },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_step_that_is_not_affine_is_named(string step, string reason)
    {
        IEstimator<ITransformer> between = step switch
        {
            "lp norm" => _ml.Transforms.NormalizeLpNorm("g", "f"),
            "log" => _ml.Transforms.NormalizeLogMeanVariance("g", "f"),
            "binning" => _ml.Transforms.NormalizeBinning("g", "f"),
            "supervised binning" => _ml.Transforms.NormalizeSupervisedBinning("g", "f", "Label"),
            "double" => _ml.Transforms.Conversion.ConvertType("d", "f", DataKind.Double).Append(_ml.Transforms.Conversion.ConvertType("g", "d")),
            "principal components" => _ml.Transforms.ProjectToPrincipalComponents("g", "f", rank: 3),
            "join another" => _ml.Transforms.Concatenate("g", "f", "Other"),
            "custom" => _ml.Transforms.CustomMapping<Plain, Changed>((from, to) => to.Features = [.. from.Features.Take(3)], null),
            _ => throw new ArgumentException(step),
        };
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_models.Featurizer()).Append(between)
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "g")).Fit(_data);
        string message = Refusal(model);
        Assert.StartsWith($"The predictor 'MaximumEntropy' cannot be explained: it reads column 'g', which {reason}", message, StringComparison.Ordinal);
        Assert.Contains("scale columns (NormalizeMinMax, NormalizeMeanVariance, NormalizeRobustScaling)", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("naive Bayes", "NaiveBayesMulticlass")]
    [InlineData("pairwise", "PairwiseCoupling")]
    [InlineData("prior", "Prior")]
    [InlineData("local svm", "LdSvm")]
    [InlineData("regression", "LinearRegression")]
    [InlineData("clusters", "KMeans")]
    [InlineData("factorization machine", "FieldAwareFactorizationMachine")]
    [InlineData("one versus all", "OneVersusAll of LdSvm")]
    public void A_predictor_that_is_no_linear_classifier_is_named(string predictor, string name)
    {
        IEstimator<ITransformer> end = predictor switch
        {
            "naive Bayes" => _ml.MulticlassClassification.Trainers.NaiveBayes("Label", "f"),
            "pairwise" => _ml.MulticlassClassification.Trainers.PairwiseCoupling(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Label", "f"), "Label"),
            "prior" => _ml.BinaryClassification.Trainers.Prior("IsRed"),
            "local svm" => _ml.BinaryClassification.Trainers.LdSvm("IsRed", "f", numberOfIterations: 10),
            "regression" => _ml.Regression.Trainers.OnlineGradientDescent("Other", "f"),
            "clusters" => _ml.Clustering.Trainers.KMeans("f", numberOfClusters: 2),
            "factorization machine" => _ml.BinaryClassification.Trainers.FieldAwareFactorizationMachine(["f"], "IsRed"),
            "one versus all" => _ml.MulticlassClassification.Trainers.OneVersusAll(_ml.BinaryClassification.Trainers.LdSvm("Label", "f", numberOfIterations: 10), "Label"),
            _ => throw new ArgumentException(predictor),
        };
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_models.Featurizer()).Append(_ml.Transforms.CopyColumns("Features", "f")).Append(end).Fit(_data);
        string message = Refusal(model);
        Assert.StartsWith($"The predictor '{name}' cannot be explained: it reads column '", message, StringComparison.Ordinal);
        Assert.Contains("which a network makes, and it is no linear classifier", message, StringComparison.Ordinal);
        Assert.Contains("Train a linear classifier on the same column (LbfgsMaximumEntropy", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_alone_are_no_scores()
    {
        var model = _models.Featurizer().Append(_ml.Transforms.CopyColumns("Features", "f")).Append(_ml.Transforms.DropColumns("f")).Fit(_data);
        string message = Refusal(model);
        Assert.Contains("The model ends in features, not in scores of classes: column 'Features' (output 'f' of a network)", message, StringComparison.Ordinal);
        Assert.Contains("Train a linear classifier on them", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("overwrite")]
    public void Pixels_that_are_gone_at_the_end_are_named(string what)
    {
        IEstimator<ITransformer> end = what == "drop" ? _ml.Transforms.DropColumns("x") : _ml.Transforms.NormalizeMinMax("x");
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_models.Featurizer())
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "f")).Append(end).Fit(_data);
        Assert.Contains("Column 'x', which feeds the network's input 'x', is not in what the model gives: a later step drops or overwrites it.", Refusal(model), StringComparison.Ordinal);
        var kept = new TransformerChain<ITransformer>(_ml.Transforms.CopyColumns("Kept", "x").Fit(_data), model);
        var classifier = ChainModels.Find(kept);
        classifier.Network.Dispose();
        Assert.Equal("Kept", classifier.InputColumnName);
    }

    [Fact]
    public void A_file_that_is_gone_is_named_and_the_zip_holds_it()
    {
        string path = _models.Save(Make().Giving(Floats("logits", "N", Classes)));
        var model = _ml.Transforms.ApplyOnnxModel("logits", "x", path).Fit(_data);
        var loaded = _models.Reloaded(model);
        File.Delete(path);
        string message = Assert.Throws<FileNotFoundException>(() => ChainClassifiers.Read([.. ModelClassifiers.Steps(model)]).ToArray()).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains("load the model from a zip, which holds it", message, StringComparison.Ordinal);
        ChainModels.Find(loaded).Network.Dispose();
    }

    [Fact]
    public void A_network_that_gives_no_scores_is_refused_with_its_own_reason()
    {
        var model = Make().Giving(Floats("r", "N", 6, 8, 8));
        string message = Refusal(_ml.Transforms.ApplyOnnxModel("r", "x", _models.Save(model)).Fit(_data));
        Assert.Contains("The output 'r' has shape [N, 6, 8, 8]: it is no class scores", message, StringComparison.Ordinal);
    }

    private static string Refusal(ITransformer model)
        => Assert.Throws<NotSupportedException>(() => ChainClassifiers.Read([.. ModelClassifiers.Steps(model)]).ToArray()).Message;

    private sealed class Plain
    {
        [ColumnName("f")]
        [VectorType(6)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Changed
    {
        [ColumnName("g")]
        [VectorType(3)]
        public float[] Features { get; set; } = [];
    }
}
