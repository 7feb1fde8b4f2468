using Iba.Onnx;
using Iba.Onnx.Schema;
using Iba.Onnx.Tests;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;

namespace Iba.MLNet.Tests;

/// <summary>ApplyOnnxModel alone, in chains and several times.</summary>
public sealed class NetworkChainTests : IDisposable
{
    private readonly ChainModels _models = new();
    private readonly MLContext _ml;
    private readonly IDataView _data;

    public NetworkChainTests()
    {
        _ml = _models.ML;
        _data = _ml.Data.LoadFromEnumerable(ChainRow.Make(6));
    }

    public void Dispose() => _models.Dispose();

    [Fact]
    public void One_network_is_its_file_bit_for_bit()
    {
        string path = _models.Save(Make().Giving(Floats("logits", "N", Classes)));
        var model = _ml.Transforms.ApplyOnnxModel("logits", "x", path).Fit(_data);
        using var expected = OnnxNetwork.Load(path);
        foreach (var variant in new[] { model, _models.Reloaded(model) })
        {
            var classifier = ChainModels.Find(variant);
            using var network = classifier.Network;
            Assert.Equal(("x", "logits", "x"), (classifier.InputColumnName, classifier.ScoreColumnName, classifier.InputName));
            Assert.Empty(classifier.ContextColumns!);
            using var split = network.Split("r");
            using var other = expected.Split("r");
            Assert.Equal(other.HeadFingerprint(), split.HeadFingerprint());
            float[][] rows = ChainRow.Make(6).Select(row => row.Pixels).ToArray();
            Assert.Equal(ChainModels.Outputs(expected, rows, 3, 8, 8), ChainModels.Outputs(network, rows, 3, 8, 8));
        }
    }

    [Fact]
    public void Of_several_outputs_the_exposed_one_that_is_likeliest_is_taken()
    {
        string path = _models.Save(Make(Node("Neg", ["logits"], "minus")).Giving(Floats("logits", "N", Classes), Floats("minus", "N", Classes), Floats("f", "N", 6)));
        Assert.Equal("logits", Chosen(["minus", "logits", "f"]));
        Assert.Equal("minus", Chosen(["minus", "f"]));

        string Chosen(string[] outputs)
        {
            var classifier = ChainModels.Find(_ml.Transforms.ApplyOnnxModel(outputs, ["x"], path).Fit(_data));
            using var network = (OnnxNetwork)classifier.Network;
            Assert.Equal(classifier.ScoreColumnName, network.OutputName);
            return network.OutputName;
        }
    }

    [Fact]
    public void Several_scorers_are_several_in_their_order()
    {
        var second = Make().Giving(Floats("scores", "N", Classes));
        second.Graph.Node[^1].Output[0] = "scores";
        var model = _ml.Transforms.ApplyOnnxModel("logits", "x", _models.Save(Make().Giving(Floats("logits", "N", Classes))))
            .Append(_ml.Transforms.ApplyOnnxModel("scores", "x", _models.Save(second))).Fit(_data);
        var found = ChainClassifiers.Read([.. ModelClassifiers.Steps(model)]).ToArray();
        Assert.Equal(["logits", "scores"], found.Select(classifier => classifier.ScoreColumnName));
        foreach (var classifier in found) classifier.Network.Dispose();
    }

    [Theory]
    [InlineData(13, 13)]
    [InlineData(13, 17)]
    [InlineData(7, 17)]
    [InlineData(17, 7)]
    public void Networks_behind_each_other_are_one_whatever_their_operator_versions(long firstVersion, long secondVersion)
    {
        // Both use the same names for other tensors, and different shapes for the same values.
        var first = new ModelProto
        {
            IrVersion = 4,
            OpsetImport = { new OperatorSetIdProto { Version = firstVersion } },
            Graph = new GraphProto
            {
                Input = { Floats("x", 1, 3, 8, 8) },
                Output = { Floats("y", 1, 192) },
                Initializer = { Weights("w", [1, 3, 1, 1], 4), Longs("s", [1, 192]) },
                Node = { Node("Mul", ["x", "w"], "c"), Node("Reshape", ["c", "s"], "y") },
            },
        };
        first.Graph.Node[0].Name = "Conv_0";
        var second = Make().Giving(Floats("logits", "N", Classes));
        second.OpsetImport[0].Version = secondVersion;
        second.Graph.Input[0].Name = "p";
        second.Graph.Node[0].Input[0] = "p";
        var model = _ml.Transforms.ApplyOnnxModel("y", "x", _models.Save(first)).Append(_ml.Transforms.CopyColumns("p", "y"))
            .Append(_ml.Transforms.ApplyOnnxModel("logits", "p", _models.Save(second))).Fit(_data);
        float[][] expected = model.Transform(_data).GetColumn<float[]>("logits").ToArray();
        foreach (var variant in new[] { model, _models.Reloaded(model) })
        {
            var classifier = ChainModels.Find(variant);
            using var network = (OnnxNetwork)classifier.Network;
            Assert.Equal(("x", "logits"), (classifier.InputColumnName, classifier.ScoreColumnName));
            float[][] actual = ChainModels.Outputs(network, ChainRow.Make(6).Select(row => row.Pixels), 3, 8, 8);
            for (int i = 0; i < expected.Length; i++) ChainModels.Close(expected[i], actual[i], 1e-4);
        }
    }

    [Fact]
    public void Several_columns_feed_one_network_and_integers_are_tokens()
    {
        var tokens = new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 17 } },
            Graph = new GraphProto
            {
                Input = { Tensor("attention_mask", DataType.Int64, "N", 4), Tensor("input_ids", DataType.Int64, "N", 4) },
                Output = { Floats("logits", "N", 4) },
                Initializer = { Weights("table", [10, 4], 1), Longs("axes", [1]) },
                Node =
                {
                    Node("Gather", ["table", "input_ids"], "embedded"), Node("Cast", ["attention_mask"], "mask", Integer("to", (long)DataType.Float)),
                    Node("Unsqueeze", ["mask", "last"], "weights"), Node("Mul", ["embedded", "weights"], "masked"), Node("ReduceSum", ["masked", "axes"], "logits", Integer("keepdims", 0)),
                },
            },
        };
        tokens.Graph.Initializer.Add(Longs("last", [2]));
        var rows = _ml.Data.LoadFromEnumerable(new[] { new TokenRow { Ids = [1, 2, 3, 0], Mask = [1, 1, 1, 0] } });
        var model = _ml.Transforms.CopyColumns("attention_mask", "Mask").Append(_ml.Transforms.CopyColumns("input_ids", "Ids"))
            .Append(_ml.Transforms.ApplyOnnxModel(["logits"], ["input_ids", "attention_mask"], _models.Save(tokens))).Fit(rows);
        var classifier = ChainModels.Find(model);
        using var network = classifier.Network;
        Assert.Equal(("Ids", "input_ids", "attention_mask"), (classifier.InputColumnName, classifier.InputName, classifier.MaskInputName));
        Assert.Equal(new Dictionary<string, string> { ["attention_mask"] = "Mask" }, classifier.ContextColumns);
    }

    [Fact]
    public void A_shape_that_the_pipeline_says_replaces_that_of_the_file()
    {
        var open = Make().Giving(Floats("logits", "N", Classes));
        open.Graph.Input[0] = Floats("x", "N", 3, "height", "width");
        var shapes = new Dictionary<string, int[]> { ["x"] = [1, 3, 8, 8] };
        var classifier = ChainModels.Find(_ml.Transforms.ApplyOnnxModel("logits", "x", _models.Save(open), shapes).Fit(_data));
        using var network = classifier.Network;
        Assert.Equal([-1, 3, 8, 8], network.Inputs[0].Shape);
    }

    [Fact]
    public void An_explanation_of_the_fitted_chain_needs_nothing_but_the_chain()
    {
        var model = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_models.Featurizer())
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "f")).Fit(_data);
        var scored = model.Transform(_data);
        using var explainer = _ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "x",
            Model = model,
            Layer = "r",
            Seed = 1,
            ScoresColumnName = "Scores",
            TargetColumnName = "Target",
        }).Fit(scored);
        var rows = _ml.Read(explainer.Transform(scored));
        uint[] predicted = scored.GetColumn<uint>("PredictedLabel").ToArray();
        Assert.Equal(predicted.Select(key => (int)key - 1), rows.Select(row => row.Target));
        foreach (var (row, expected) in rows.Zip(scored.GetColumn<float[]>("Score"))) ChainModels.Close(expected, row.Scores, 1e-4);
        Assert.All(rows, row => Assert.True(row.Heatmap.Length == 64 && row.Heatmap.All(float.IsFinite) && row.Heatmap.Any(bits => bits > 0)));
    }

    private sealed class TokenRow
    {
        [VectorType(4)]
        public long[] Ids { get; set; } = [];

        [VectorType(4)]
        public long[] Mask { get; set; } = [];
    }
}
