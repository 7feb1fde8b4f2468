using Google.Protobuf;
using Iba.Onnx.Schema;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx.Tests;

/// <summary>Quantised operators against OnnxRuntime: the node tests hold few of them, and none of its own domain.</summary>
public class OnnxRuntimeComparisonTests
{
    private const string Microsoft = "com.microsoft::";

    private static readonly Random Random = new(7);

    [Theory]
    [InlineData("QLinearAdd")]
    [InlineData("QLinearMul")]
    public void Quantised_sums_and_products(string name)
        => Compare(Microsoft + name, [Bytes(2, 3, 4), Scale(0.1f), Zero(120), Bytes(3, 4), Scale(0.2f), Zero(130), Scale(0.5f), Zero(100)]);

    [Theory]
    [InlineData("QLinearSigmoid", 0.02f)]
    [InlineData("QLinearLeakyRelu", 0.1f)]
    [InlineData("QLinearGlobalAveragePool", 0.05f)]
    public void Quantised_operators_of_one_input(string name, float scale)
        => Compare(Microsoft + name, [Bytes(2, 3, 5, 4), Scale(0.1f), Zero(120), Scale(scale), Zero(20)]);

    [Fact]
    public void Quantised_pools()
        => Compare(
            Microsoft + "QLinearAveragePool",
            [Bytes(2, 3, 6, 5), Scale(0.1f), Zero(120), Scale(0.08f), Zero(110)],
            ("kernel_shape", new[] { 3L, 2L }), ("strides", new[] { 2L, 1L }), ("pads", new[] { 1L, 0L, 1L, 0L }));

    [Fact]
    public void Quantised_softmax()
        => Compare(Microsoft + "QLinearSoftmax", [Bytes(4, 6), Scale(0.05f), Zero(120), Scale(1 / 256f), Zero(0)], ("opset", 13), ("axis", 1));

    [Fact]
    public void Quantised_concatenation()
        => Compare(
            Microsoft + "QLinearConcat",
            [Scale(0.2f), Zero(110), Bytes(2, 3), Scale(0.1f), Zero(120), Bytes(2, 4), Scale(0.3f), Zero(140)],
            ("axis", 1));

    [Fact]
    public void Quantised_convolution_with_scales_for_each_filter()
        => Compare(
            "QLinearConv",
            [
                Bytes(2, 3, 6, 6), Scale(0.05f), Zero(120), SmallSignedBytes(4, 3, 3, 3), Of([0.01f, 0.02f, 0.03f, 0.015f], 4), Of(new sbyte[4], 4),
                Scale(0.4f), Zero(128), Of([100, -200, 300, 0], 4),
            ],
            ("pads", new[] { 1L, 1L, 1L, 1L }), ("strides", new[] { 2L, 2L }));

    [Fact]
    public void Integer_convolution()
        => Compare("ConvInteger", [Bytes(1, 2, 5, 5), Bytes(3, 2, 3, 3), Zero(120), Zero(130)], ("pads", new[] { 1L, 1L, 1L, 1L }));

    [Fact]
    public void Integer_product_with_zero_points_for_each_column()
        => Compare("MatMulInteger", [Bytes(3, 4), Bytes(4, 5), Zero(120), Of(new byte[] { 1, 50, 100, 150, 255 }, 5)]);

    [Fact]
    public void Quantised_product()
        => Compare("QLinearMatMul", [Bytes(2, 3, 4), Scale(0.1f), Zero(120), Bytes(2, 4, 5), Scale(0.05f), Zero(130), Scale(0.9f), Zero(128)]);

    [Fact]
    public void Integer_product_to_numbers()
        => Compare(
            Microsoft + "MatMulIntegerToFloat",
            [Bytes(3, 4), Bytes(4, 5), Scale(0.1f), Scale(0.2f), Zero(120), Zero(130), Of([1f, 2f, 3f, 4f, 5f], 5)]);

    [Fact]
    public void Dynamically_quantised_product()
        => Compare(Microsoft + "DynamicQuantizeMatMul", [Floats(3, 4), Bytes(4, 5), Scale(0.2f), Zero(130)]);

    [Fact]
    public void Dynamic_quantising() => Compare("DynamicQuantizeLinear", [Floats(3, 40)]);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Quantised_general_product(int transposeLeft, int transposeRight)
        => Compare(
            Microsoft + "QGemm",
            [
                transposeLeft == 1 ? Bytes(4, 3) : Bytes(3, 4), Scale(0.1f), Zero(120),
                transposeRight == 1 ? Bytes(5, 4) : Bytes(4, 5), Scale(0.05f), Zero(130),
                Of([100, -200, 300, 0, 50], 5), Scale(0.8f), Zero(128),
            ],
            ("transA", transposeLeft), ("transB", transposeRight), ("alpha", 1f));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Quantising_along_an_axis(int axis)
    {
        long size = new[] { 2L, 3L, 4L }[axis];
        var scales = Of(Enumerable.Range(1, (int)size).Select(i => 0.02f * i).ToArray(), size);
        Compare("QuantizeLinear", [Floats(2, 3, 4), scales, Of(new sbyte[size], size)], ("axis", axis));
        Compare("DequantizeLinear", [SignedBytes(2, 3, 4), scales, Of(new sbyte[size], size)], ("axis", axis));
    }

    /// <summary>Compares the first output; quantised ones may differ by one where the exact value lies between two.</summary>
    private static void Compare(string name, (Array Data, long[] Shape)[] inputs, params (string Name, object Value)[] attributes)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var actual = Node.Run(name, 21, inputs.Select(input => ToTensor(input.Data).reshape(input.Shape)).ToArray(), attributes);
        var expected = RunOnnxRuntime(name, inputs, attributes);
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        var difference = (actual.to(float64) - expected.to(float64)).abs();
        if (actual.is_floating_point())
        {
            Assert.True(actual.allclose(expected, 1e-4, 1e-4), $"differs by up to {difference.max().item<double>()}");
            return;
        }

        Assert.InRange(difference.max().item<double>(), 0, actual.dtype == int32 ? 0 : 1);
        Assert.InRange(difference.ne(0).to(float64).mean().item<double>(), 0, 0.05);
    }

    private static Tensor RunOnnxRuntime(string name, (Array Data, long[] Shape)[] inputs, (string Name, object Value)[] attributes)
    {
        var node = Node.Build(name, inputs.Length, 3, attributes);
        // Optional outputs that an operator lacks are an error to OnnxRuntime.
        while (node.Output.Count > (node.OpType == "DynamicQuantizeLinear" ? 3 : 1)) node.Output.RemoveAt(node.Output.Count - 1);
        var model = new ModelProto { IrVersion = 10, Graph = new GraphProto { Name = "one node" } };
        model.OpsetImport.Add([new OperatorSetIdProto { Version = 21 }, new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 }]);
        model.Graph.Node.Add(node);
        // Zero points and scales as constants: some kernels ask for it.
        model.Graph.Initializer.Add(inputs.Select((input, i) => Constant(node.Input[i], input)));
        model.Graph.Output.Add(new ValueInfoProto { Name = node.Output[0] });
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL, IntraOpNumThreads = 1 };
        using var session = new InferenceSession(model.ToByteArray(), options);
        using var run = new RunOptions();
        using var outputs = session.Run(run, new Dictionary<string, OrtValue>(), [node.Output[0]]);
        var value = outputs[0];
        long[] shape = value.GetTensorTypeAndShape().Shape;
        return (value.GetTensorTypeAndShape().ElementDataType.ToString() switch
        {
            "Float" => tensor(value.GetTensorDataAsSpan<float>().ToArray()),
            "UInt8" => tensor(value.GetTensorDataAsSpan<byte>().ToArray()),
            "Int8" => tensor(value.GetTensorDataAsSpan<sbyte>().ToArray()),
            _ => tensor(value.GetTensorDataAsSpan<int>().ToArray()),
        }).reshape(shape);
    }

    private static TensorProto Constant(string name, (Array Data, long[] Shape) input)
    {
        byte[] bytes = new byte[Buffer.ByteLength(input.Data)];
        Buffer.BlockCopy(input.Data, 0, bytes, 0, bytes.Length);
        var type = input.Data switch
        {
            float[] => ElementType.Float,
            _ when input.Data.GetType() == typeof(sbyte[]) => ElementType.Int8,
            byte[] => ElementType.Uint8,
            _ => ElementType.Int32,
        };
        return new TensorProto { Name = name, DataType = (int)type, Dims = { input.Shape }, RawData = ByteString.CopyFrom(bytes) };
    }

    private static Tensor ToTensor(Array data) => data switch
    {
        float[] values => tensor(values),
        // An sbyte[] also matches byte[], so it comes first.
        _ when data.GetType() == typeof(sbyte[]) => tensor((sbyte[])data),
        byte[] values => tensor(values),
        _ => tensor((int[])data),
    };

    private static (Array Data, long[] Shape) Of(Array data, params long[] shape) => (data, shape);

    private static (Array Data, long[] Shape) Of(float[] data, long size) => (data, [size]);

    private static (Array Data, long[] Shape) Of(int[] data, long size) => (data, [size]);

    private static (Array Data, long[] Shape) Scale(float value) => (new[] { value }, []);

    private static (Array Data, long[] Shape) Zero(byte value) => (new[] { value }, []);

    private static (Array Data, long[] Shape) Bytes(params long[] shape)
    {
        byte[] data = new byte[shape.Aggregate(1L, (product, size) => product * size)];
        Random.NextBytes(data);
        return (data, shape);
    }

    private static (Array Data, long[] Shape) SignedBytes(params long[] shape)
        => (((byte[])Bytes(shape).Data).Select(value => unchecked((sbyte)value)).ToArray(), shape);

    /// <summary>7 bits: without VNNI, OnnxRuntime sums pairs of signed products in 16 bits, which larger weights overflow.</summary>
    private static (Array Data, long[] Shape) SmallSignedBytes(params long[] shape)
        => (((byte[])Bytes(shape).Data).Select(value => (sbyte)(unchecked((sbyte)value) >> 1)).ToArray(), shape);

    private static (Array Data, long[] Shape) Floats(params long[] shape)
        => (((byte[])Bytes(shape).Data).Select(value => (value - 100) / 37f).ToArray(), shape);
}
