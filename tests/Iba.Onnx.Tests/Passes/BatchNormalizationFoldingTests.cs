using Google.Protobuf;
using Iba.Onnx.Schema;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class BatchNormalizationFoldingTests
{
    [Theory]
    [InlineData(ScalarType.Float64, 53)]
    [InlineData(ScalarType.Float32, 24)]
    [InlineData(ScalarType.Float16, 11)]
    [InlineData(ScalarType.BFloat16, 8)]
    public void Folded_weights_equal_those_computed_in_float64(ScalarType type, int bits)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var model = Classifier();
        model.Graph.Initializer.Clear();
        model.Graph.Node.Clear();
        var w = Add("w", randn([5, 3, 3, 2], generator: generator));
        var b = Add("b", randn(5, generator: generator));
        var scale = Add("scale", randn(5, generator: generator));
        var bias = Add("bias", randn(5, generator: generator));
        var mean = Add("mean", randn(5, generator: generator));
        var variance = Add("variance", rand(5, generator: generator));
        model.Graph.Node.Add(Node("Conv", ["x", "w", "b"], "a"));
        model.Graph.Node.Add(Node("BatchNormalization", ["a", "scale", "bias", "mean", "variance"], "y"));
        using var graph = GraphBuilder.Build(model, OperatorFamilies.Table);
        var folded = Assert.Single(BatchNormalizationFolding.Run(graph, graph.Nodes, ["y"]));

        var factor = scale / (variance + 1e-5f).sqrt();
        AssertRounded(w * factor.reshape(5, 1, 1, 1), graph.Constants[folded.Inputs[1]].Tensor);
        AssertRounded(((b - mean) * factor) + bias, graph.Constants[folded.Inputs[2]].Tensor);

        // A factor and a product, each rounded once to the type or better.
        void AssertRounded(Tensor expected, Tensor found)
        {
            Assert.Equal(type, found.dtype);
            Assert.True((found.to(float64) - expected).abs().le(expected.abs() * Math.ScaleB(2, -bits)).all().item<bool>());
        }

        Tensor Add(string name, Tensor values)
        {
            var stored = values.to(type);
            model.Graph.Initializer.Add(new TensorProto
            {
                Name = name,
                DataType = (int)NarrowTypes.Of(type),
                Dims = { values.shape },
                RawData = ByteString.CopyFrom(stored.bytes),
            });
            return stored.to(float64);
        }
    }
}
