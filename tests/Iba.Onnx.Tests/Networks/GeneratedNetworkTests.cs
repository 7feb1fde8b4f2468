using Google.Protobuf;
using Iba.Onnx.Schema;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>
/// Small networks in the manner of exporters (see Assets/networks, which has the scripts that write them), held to OnnxRuntime and to
/// central differences.
/// </summary>
public class GeneratedNetworkTests
{
    /// <summary>Rounding has no derivative; the gradient goes straight through it.</summary>
    private const string Quantized = "dynamic_quantised_op11";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Assets", "networks");

    public static TheoryData<string> Names => [.. All()];

    public static TheoryData<string> Differentiable => [.. All().Where(name => name != Quantized)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Outputs_equal_those_of_OnnxRuntime_for_any_batch(string name)
    {
        using var scope = NewDisposeScope();
        using var network = Load(name);
        var inputs = Inputs(network, rows: 3);
        var rows = Enumerable.Range(0, 3).Select(row => Row(inputs, row)).ToArray();
        var expected = rows.Select(row => OnnxRuntimeNetwork.Run(PathOf(name), row, network.OutputTensor).reshape(1, -1)).ToArray();
        foreach (var (row, wanted) in rows.Zip(expected)) AssertClose(name, wanted, network.Forward(row));

        // The scale of dynamic quantising is that of the whole batch.
        if (name != Quantized) AssertClose(name, cat(expected, 0), network.Forward(inputs));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Head_and_tail_give_at_every_layer_what_the_whole_network_gives(string name)
    {
        using var scope = NewDisposeScope();
        using var network = Load(name);
        var inputs = Inputs(network, rows: 2);
        var expected = network.Forward(inputs);
        var layers = Describe(network, inputs);
        Assert.True(layers.Count >= 3, $"only {layers.Count} layers");
        foreach (var layer in layers)
        {
            using var split = network.Split(layer.Name);
            using var activation = split.Head(inputs);
            AssertClose(name, expected, split.Tail(activation.Features, activation));
            if (name != Quantized) AssertClose(name, expected.repeat_interleave(2, 0), split.Tail(activation.Features.repeat_interleave(2, 0), activation));
        }
    }

    [Theory]
    [MemberData(nameof(Differentiable))]
    public void The_gradient_at_a_middle_layer_equals_central_differences(string name)
    {
        using var scope = NewDisposeScope();
        using var network = Load(name, float64);
        var inputs = Inputs(network, rows: 2);
        var layers = Describe(network, inputs);
        using var split = network.Split(layers[layers.Count / 2].Name);
        using var activation = split.Head(inputs);
        var features = activation.Features.clone().requires_grad_();
        var output = split.Tail(features, activation);
        var weights = arange(output.numel(), dtype: float64).cos().reshape(output.shape);
        (output * weights).sum().backward();

        var direction = arange(features.numel(), dtype: float64).sin().reshape(features.shape);
        const double step = 1e-6;
        var (above, below) = (split.Tail(activation.Features + (direction * step), activation), split.Tail(activation.Features - (direction * step), activation));
        double expected = ((above - below) * weights).sum().item<double>() / (2 * step);
        double scale = (features.grad! * direction).square().sum().sqrt().item<double>();
        Assert.True(scale > 0, "there is no gradient");
        Assert.InRange((features.grad! * direction).sum().item<double>() - expected, -1e-3 * scale, 1e-3 * scale);
    }

    [Fact]
    public void A_learning_phase_that_nothing_reads_is_no_input()
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(PathOf("keras_mobile_op9")));
        model.Graph.Input.Add(new ValueInfoProto
        {
            Name = "keras_learning_phase:0",
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Bool, Shape = new TensorShapeProto() } },
        });
        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
        Assert.Equal("input_1:0", Assert.Single(network.Inputs).Name);
    }

    private static IEnumerable<string> All()
        => Directory.GetFiles(Folder, "*.onnx").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    private static string PathOf(string name) => Path.Combine(Folder, name + ".onnx");

    private static OnnxNetwork Load(string name, ScalarType? precision = null)
        => OnnxNetwork.Load(PathOf(name), new OnnxNetworkOptions { RemoveSoftmax = false, Precision = precision });

    private static IReadOnlyList<LayerInfo> Describe(OnnxNetwork network, Tensor[] inputs)
        => network.DescribeLayers(inputs.Select(input => (IReadOnlyList<long>)[1, .. input.shape[1..]]).ToArray());

    private static Tensor[] Row(Tensor[] inputs, int row) => inputs.Select(input => input.narrow(0, row, 1)).ToArray();

    /// <summary>Numbers for images, tokens for words; the masks hide the last words of the first row.</summary>
    private static Tensor[] Inputs(OnnxNetwork network, int rows)
    {
        var random = new Random(1);
        return network.Inputs.Select(input =>
        {
            long[] shape = input.Shape.Select((size, i) => i == 0 ? rows : size < 0 ? 9 : size).ToArray();
            bool tokens = input.ElementType == int64 || input.Name.Contains("embedding", StringComparison.Ordinal);
            float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
            for (int i = 0; i < values.Length; i++) values[i] = tokens ? random.Next(30) : (random.NextSingle() * 4) - 2;
            var tensor = from_array(values).reshape(shape);
            if (input.Name.Contains("mask", StringComparison.Ordinal))
            {
                tensor = ones(shape);
                tensor[0, TensorIndex.Slice(-2)] = 0;
            }

            return tensor.to(input.ElementType);
        }).ToArray();
    }

    private static void AssertClose(string name, Tensor expected, Tensor actual)
        => ExportedNetworkTests.AssertClose(expected, actual, name.StartsWith("half", StringComparison.Ordinal) ? 1e-2 : 1e-4);
}
