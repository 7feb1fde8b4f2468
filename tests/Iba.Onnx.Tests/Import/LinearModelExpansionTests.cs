using Google.Protobuf;
using Iba.Onnx.Schema;
using Iba.Torch;
using Microsoft.ML.OnnxRuntime;
using static Iba.Onnx.Schema.TensorProto.Types;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Linear models as scikit-learn and ML.NET write them, held to OnnxRuntime.</summary>
public class LinearModelExpansionTests
{
    private const string MachineLearning = "ai.onnx.ml::";
    private static readonly float[] Coefficients = [0.5f, -1, 2, 0.25f, 1.5f, -0.75f, -2, 0.1f, 1];
    private static readonly float[] Intercepts = [0.1f, -0.2f, 0.3f];
    private static readonly string[] Names = ["setosa", "versicolor", "virginica"];

    public static TheoryData<string> Nodes => [.. Cases().Select(test => test.Name)];

    [Theory]
    [MemberData(nameof(Nodes))]
    public void A_node_gives_what_OnnxRuntime_gives(string name)
    {
        var (_, node, outputs) = Cases().Single(test => test.Name == name);
        using var scope = NewDisposeScope();
        foreach (var x in new[] { Rows(float32), Rows(float64), Rows(int64) })
        {
            // OnnxRuntime has these for float32 alone.
            if (x.dtype != float32 && (node.OpType is "Imputer" or "Binarizer" or "LinearRegressor")) continue;
            var model = Model(x.dtype, [node], outputs);
            var expected = OnnxRuntime(model, x);
            using var graph = GraphBuilder.Build(model, OperatorFamilies.Table);
            var found = new GraphProgram(graph).Run([new TensorValue(x)]);
            for (int i = 0; i < outputs.Length; i++) AssertClose(expected[i], ((TensorValue)found[i]).Tensor);
        }
    }

    private static IEnumerable<(string Name, NodeProto Node, string[] Outputs)> Cases()
    {
        yield return Of("Scaler", ["y"], ("offset", new[] { 0.5f, -1, 2 }), ("scale", new[] { 2f, 0.5f, -1 }));
        yield return Of("Scaler", ["y"], ("offset", new[] { 0.5f }), ("scale", new[] { 2f }));
        foreach (string norm in new[] { "MAX", "L1", "L2" }) yield return Of("Normalizer", ["y"], ("norm", norm));
        yield return Of("Normalizer", ["y"]);
        yield return Of("Binarizer", ["y"], ("threshold", 0.5f));
        yield return Of("Imputer", ["y"], ("imputed_value_floats", new[] { 7f, 8, 9 }), ("replaced_value_float", 1f));
        yield return Of("Imputer", ["y"], ("imputed_value_floats", new[] { 7f }), ("replaced_value_float", float.NaN));
        yield return Of("FeatureVectorizer", ["y"], ("inputdimensions", new[] { 3L }));
        yield return Of("LinearRegressor", ["y"], ("coefficients", Coefficients), ("intercepts", Intercepts), ("targets", 3));
        yield return Of("LinearRegressor", ["y"], ("coefficients", Coefficients[..3]));
        foreach (string transform in new[] { "NONE", "SOFTMAX", "LOGISTIC" })
        {
            yield return Of("LinearClassifier", ["label", "y"], ("coefficients", Coefficients), ("intercepts", Intercepts), ("classlabels_ints", new[] { 4L, 2, 7 }), ("post_transform", transform), ("multi_class", 1));
            yield return Of("LinearClassifier", ["label", "y"], ("coefficients", Coefficients[..6]), ("intercepts", Intercepts[..2]), ("classlabels_ints", new[] { 0L, 1 }), ("post_transform", transform));
        }

        static (string, NodeProto, string[]) Of(string type, string[] outputs, params (string Name, object Value)[] attributes)
        {
            var node = Node.Build(MachineLearning + type, 1, outputs.Length, attributes);
            node.Input[0] = "x";
            for (int i = 0; i < outputs.Length; i++) node.Output[i] = outputs[i];
            return ($"{type} {string.Join(' ', attributes.Select(pair => pair.Value is Array values ? $"{pair.Name}={values.Length}" : $"{pair.Name}={pair.Value}"))}", node, outputs);
        }
    }

    [Theory]
    [InlineData("SOFTMAX", OutputKind.Logits)]
    [InlineData("LOGISTIC", OutputKind.Auto)]
    public void A_pipeline_of_scikit_learn_is_a_network_with_layers_weights_and_names(string transform, OutputKind output)
    {
        using var scope = NewDisposeScope();
        var model = Pipeline(transform);
        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
        Assert.Equal(Names, network.ClassNames);
        Assert.Equal(output, network.Output);
        Assert.Equal(["x"], network.Inputs.Select(input => input.Name));
        Assert.Empty(network.OtherOutputs);

        var x = Rows(float32);
        var scores = network.Forward([x]);
        var expected = OnnxRuntime(model, x)[0];
        AssertClose(expected, output == OutputKind.Logits ? scores.softmax(1) : scores);

        using var split = network.Split("scaled");
        using var activation = split.Head([x]);
        var features = activation.Features.clone().requires_grad_();
        split.Tail(features, activation)[0, 2].backward();
        if (output == OutputKind.Logits) AssertClose(tensor(Coefficients[6..]), features.grad![0]);
        Assert.True(features.grad!.abs().sum().item<float>() > 0);

        using (network.RandomizeWeights(Assert.Single(network.WeightLayers, layer => layer.EndsWith("product", StringComparison.Ordinal)), seed: 1)) Assert.False(network.Forward([x]).allclose(scores));
        Assert.True(network.Forward([x]).allclose(scores));

        using var saved = new MemoryStream();
        network.Save(saved);
        saved.Position = 0;
        using var again = OnnxNetwork.Load(saved);
        AssertClose(scores, again.Forward([x]));
    }

    /// <summary>ML.NET's keys: labels count from 1 and need not be in order, and a second encoder has their names.</summary>
    [Theory]
    [InlineData(new[] { 1L, 2, 3 }, new[] { "setosa", "versicolor", "virginica" })]
    [InlineData(new[] { 3L, 1, 2 }, new[] { "virginica", "setosa", "versicolor" })]
    [InlineData(new[] { 3L, 1, 9 }, new[] { "3", "1", "9" })]
    public void Labels_lead_to_names_and_columns_that_are_handed_on_are_no_inputs(long[] labels, string[] names)
    {
        var classifier = Node.Build(
            MachineLearning + "LinearClassifier", 1, 2, ("coefficients", Coefficients), ("intercepts", Intercepts), ("classlabels_ints", labels), ("post_transform", "SOFTMAX"));
        var encoder = Node.Build(MachineLearning + "LabelEncoder", 1, 1, ("keys_int64s", new[] { 1L, 2, 3 }), ("values_strings", Names));
        (classifier.Input[0], classifier.Output[0], classifier.Output[1], encoder.Input[0], encoder.Output[0]) = ("x", "key", "scores", "key", "name");
        var model = Model(float32, [classifier, encoder, TestModel.Node("Identity", ["x"], "x.output"), TestModel.Node("Identity", ["amount"], "amount.output")], ["x.output", "amount.output", "name", "scores"]);
        model.Graph.Input.Insert(0, model.Graph.Input[0].Clone());
        model.Graph.Input[0].Name = "amount";
        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
        Assert.Equal("scores", network.OutputName);
        Assert.Equal(OutputKind.Logits, network.Output);
        Assert.Equal(names, network.ClassNames);
        Assert.Equal(["x"], network.Inputs.Select(input => input.Name));
        Assert.Empty(network.OtherOutputs);
    }

    [Fact]
    public void Trees_are_refused_with_the_reason()
    {
        var trees = Node.Build(MachineLearning + "TreeEnsembleClassifier", 1, 2);
        trees.Input[0] = "x";
        var error = Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(new MemoryStream(Model(float32, [trees], ["output1"]).ToByteArray())));
        Assert.EndsWith("Trees are constant between their thresholds, and have no gradient by which a map could be found.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_are_chosen_by_number_are_a_layer()
    {
        using var scope = NewDisposeScope();
        var choice = In(TestModel.Node("ArrayFeatureExtractor", ["x", "columns"], "chosen"));
        var join = In(TestModel.Node("FeatureVectorizer", ["chosen", "x"], "joined"));
        var model = Model(float32, [choice, join], ["joined"]);
        model.Graph.Initializer.Add(TestModel.Longs("columns", [2, 0]));
        using var graph = GraphBuilder.Build(model, OperatorFamilies.Table);
        var x = Rows(float32);
        AssertClose(cat([x[.., 2..3], x[.., 0..1], x], 1), ((TensorValue)new GraphProgram(graph).Run([new TensorValue(x)])[0]).Tensor);
        AssertClose(OnnxRuntime(Model(float32, [choice], ["chosen"], TestModel.Longs("columns", [2, 0])), x)[0], cat([x[.., 2..3], x[.., 0..1]], 1));
    }

    [Theory]
    [InlineData("LinearClassifier", "post_transform", "PROBIT")]
    [InlineData("LinearRegressor", "post_transform", "SOFTMAX_ZERO")]
    public void What_is_not_known_is_named(string type, string attribute, string value)
    {
        var node = Node.Build(MachineLearning + type, 1, 1, (attribute, value), ("coefficients", Coefficients), ("intercepts", Intercepts), ("classlabels_ints", new[] { 0L, 1, 2 }), ("targets", 3));
        node.Input[0] = "x";
        var error = Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(new MemoryStream(Model(float32, [node], ["output0"]).ToByteArray())));
        Assert.Contains(type, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LinearClassifier", "7 coefficients and 3 intercepts do not make 3 scores")]
    [InlineData("LinearRegressor", "7 coefficients and 3 intercepts do not make 9223372036854775807 scores")]
    [InlineData("Scaler", "needs attribute 'offset'")]
    [InlineData("Normalizer", "norm 'L3' is none of MAX, L1, L2")]
    public void What_contradicts_itself_is_refused(string type, string reason)
    {
        var node = Node.Build(MachineLearning + type, 1, 2, ("coefficients", Coefficients[..7]), ("intercepts", Intercepts), ("classlabels_ints", new[] { 0L, 1, 2 }), ("norm", "L3"), ("targets", long.MaxValue));
        node.Input[0] = "x";
        var error = Assert.Throws<OnnxFormatException>(() => GraphBuilder.Build(Model(float32, [node], ["output1"]), OperatorFamilies.Table));
        Assert.EndsWith($"({type}): {reason}.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_coefficients_is_refused()
    {
        var node = Node.Build(MachineLearning + "LinearRegressor", 1, 1, ("targets", 2));
        node.Input[0] = "x";
        var error = Assert.Throws<OnnxFormatException>(() => GraphBuilder.Build(Model(float32, [node], ["output0"]), OperatorFamilies.Table));
        Assert.EndsWith("0 coefficients and 0 intercepts do not make 2 scores.", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A scaler, a linear classifier, a normalizer and a map with names.</summary>
    private static ModelProto Pipeline(string transform)
    {
        NodeProto Linear(string type, string input, string[] outputs, params (string, object)[] attributes)
        {
            var node = Node.Build(MachineLearning + type, 1, outputs.Length, attributes);
            node.Input[0] = input;
            for (int i = 0; i < outputs.Length; i++) node.Output[i] = outputs[i];
            return node;
        }

        var model = Model(
            float32,
            [
                Linear("Scaler", "x", ["scaled"], ("offset", new[] { 0.1f, 0.2f, 0.3f }), ("scale", new[] { 2f, 1, 0.5f })),
                Linear("LinearClassifier", "scaled", ["label", "raw"], ("coefficients", Coefficients), ("intercepts", Intercepts), ("classlabels_strings", Names), ("post_transform", transform)),
                Linear("Normalizer", "raw", ["probabilities"], ("norm", "L1")),
                Linear("ZipMap", "probabilities", ["map"], ("classlabels_strings", Names)),
            ],
            ["probabilities"]);
        model.Graph.Output.Insert(0, new ValueInfoProto { Name = "label", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.String } } });
        return model;
    }

    private static ModelProto Model(ScalarType type, NodeProto[] nodes, string[] outputs, params TensorProto[] initializers)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" }, new TensorShapeProto.Types.Dimension { DimValue = 3 } } };
        var elements = type switch { ScalarType.Float32 => DataType.Float, ScalarType.Float64 => DataType.Double, _ => DataType.Int64 };
        var graph = new GraphProto { Name = "graph" };
        graph.Input.Add(new ValueInfoProto { Name = "x", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)elements, Shape = shape } } });
        graph.Node.Add(nodes);
        graph.Initializer.Add(initializers);
        graph.Output.Add(outputs.Select(output => new ValueInfoProto { Name = output }));
        return new ModelProto
        {
            IrVersion = 8,
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Version = 17 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
        };
    }

    private static NodeProto In(NodeProto node)
    {
        node.Domain = "ai.onnx.ml";
        return node;
    }

    /// <summary>Six rows, one of zeros and one of negative numbers.</summary>
    private static Tensor Rows(ScalarType type) => tensor(new[,] { { 1f, -2, 3 }, { 0.5f, 4, 1 }, { -1, -2, 2 }, { 6, 1, 1 }, { 0, 0, 0 }, { -1, -2, -3 } }).to(type);

    private static Tensor[] OnnxRuntime(ModelProto model, Tensor x)
    {
        using var session = new InferenceSession(model.ToByteArray());
        using var run = new RunOptions();
        using var value = OnnxRuntimeNode.Value(x);
        string[] names = session.OutputNames.Where(name => session.OutputMetadata[name].ElementType != typeof(string)).ToArray();
        using var results = session.Run(run, ["x"], [value], names);
        return results.Select(result => OnnxRuntimeNode.Result(result)!).ToArray();
    }

    private static void AssertClose(Tensor expected, Tensor found)
    {
        Assert.Equal(expected.shape, found.shape);
        Assert.Equal(expected.dtype, found.dtype);
        Assert.True(found.to(float64).allclose(expected.to(float64), 1e-5, 1e-6), $"{Text(found)} instead of {Text(expected)}");

        static string Text(Tensor values) => string.Join(", ", values.to(float64).contiguous().data<double>().ToArray());
    }
}
