using CsCheck;
using Iba.Onnx.Tests;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;

namespace Iba.MLNet.Tests;

/// <summary>Steps between a network and a classifier: affine ones become part of the network.</summary>
public sealed class AffineStepTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly ChainModels _models = new();
    private readonly MLContext _ml;
    private readonly IDataView _data;

    public AffineStepTests()
    {
        _ml = _models.ML;
        _data = _ml.Data.LoadFromEnumerable(ChainRow.Make(45));
    }

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData("copy")]
    [InlineData("min max")]
    [InlineData("min max, moving zero")]
    [InlineData("mean variance")]
    [InlineData("mean variance, moving zero")]
    [InlineData("robust")]
    [InlineData("robust, not centred")]
    [InlineData("convert")]
    [InlineData("count")]
    [InlineData("information")]
    [InlineData("join one")]
    [InlineData("join")]
    [InlineData("drop columns")]
    [InlineData("join|min max|information|mean variance, moving zero")]
    public void Affine_steps_are_composed(string steps) => Check(steps.Split('|'), "LbfgsMaximumEntropy", seed: 1, _models.Reloaded);

    [Fact]
    public void Any_chain_of_affine_steps_scores_as_ML_NET_does()
    {
        string[] steps = ["copy", "min max", "min max, moving zero", "mean variance", "robust", "information", "join one", "join", "convert"];
        string[] trainers = ["LbfgsMaximumEntropy", "SdcaNonCalibrated", "OneVersusAll of AveragedPerceptron"];
        Gen.Select(Gen.OneOf(steps.Select(Gen.Const).ToArray()).Array[0, 4], Gen.OneOf(trainers.Select(Gen.Const).ToArray()), Gen.Int[1, 1000])
            // Not out of a file: ML.NET 5.0.1 cannot load a normaliser whose offsets are all 0, as one behind another may be.
            .Sample(chain => Check(chain.Item1, chain.Item2, chain.Item3, model => model), iter: 12, threads: 1);
    }

    private void Check(string[] steps, string trainer, int seed, Func<ITransformer, ITransformer> pass)
    {
        var network = Make().Giving(Floats("f", "N", 6), Floats("logits", "N", Classes));
        network.Graph.Initializer[0] = Weights("w", [6, 3, 3, 3], seed);
        IEstimator<ITransformer> pipeline = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_ml.Transforms.ApplyOnnxModel(["f", "logits"], ["x"], _models.Save(network)));
        string column = "f";
        for (int i = 0; i < steps.Length; i++)
        {
            string next = $"f{i}";
            pipeline = pipeline.Append(Step(steps[i], next, column));
            column = next;
        }

        var model = pipeline.Append(Trainers.Multiclass(_ml, trainer, column)).Fit(_data);
        var found = ChainClassifiers.Read([.. ModelClassifiers.Steps(pass(model))]).ToArray();
        using var composed = found[0].Network;
        foreach (var other in found.Skip(1)) other.Network.Dispose();
        var rows = _ml.Data.CreateEnumerable<KindScoredRow>(model.Transform(_data), reuseRowObject: false).ToArray();
        foreach (var (row, output) in rows.Zip(ChainModels.Outputs(composed, rows.Select(row => row.Pixels), 3, 8, 8)))
        {
            ChainModels.Close(row.Score, trainer == "SdcaNonCalibrated" ? output : ChainModels.Softmax(output), Tolerance);
        }
    }

    private IEstimator<ITransformer> Step(string name, string output, string input) => name switch
    {
        "copy" => _ml.Transforms.CopyColumns(output, input),
        "min max" => _ml.Transforms.NormalizeMinMax(output, input),
        "min max, moving zero" => _ml.Transforms.NormalizeMinMax(output, input, fixZero: false),
        "mean variance" => _ml.Transforms.NormalizeMeanVariance(output, input),
        "mean variance, moving zero" => _ml.Transforms.NormalizeMeanVariance(output, input, fixZero: false),
        "robust" => _ml.Transforms.NormalizeRobustScaling(output, input),
        "robust, not centred" => _ml.Transforms.NormalizeRobustScaling(output, input, centerData: false),
        "convert" => _ml.Transforms.Conversion.ConvertType(output, input, DataKind.Single),
        "count" => _ml.Transforms.FeatureSelection.SelectFeaturesBasedOnCount(output, input, count: 40),
        "information" => _ml.Transforms.FeatureSelection.SelectFeaturesBasedOnMutualInformation(output, input, "Label", slotsInOutput: 4),
        "join one" => _ml.Transforms.Concatenate(output, input),
        "join" => _ml.Transforms.Concatenate(output, input, "logits", input),
        "drop columns" => _ml.Transforms.CopyColumns(output, input).Append(_ml.Transforms.SelectColumns("x", "Label", output)),
        _ => throw new ArgumentException(name),
    };
}
