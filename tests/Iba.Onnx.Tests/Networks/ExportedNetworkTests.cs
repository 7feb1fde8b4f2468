using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Networks as real exporters write them, held to outputs and derivatives computed elsewhere.</summary>
public class ExportedNetworkTests
{
    /// <summary>Cuts at a tensor whose first dimension is not the batch: they have gradients, but rows cannot be told apart there.</summary>
    private static readonly string[] NotBatchFirst = ["hb_gathernd_scatternd_op13", "hb_flatten_axis2_fixed_op13", "hb_lstm_gru_rows_op13"];

    public static TheoryData<string> Names => [.. ExportedNetwork.Names];

    public static TheoryData<string> NamesWithCut => [.. ExportedNetwork.Names.Where(name => ExportedNetwork.Get(name).Cut != null)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Outputs_equal_the_recorded_ones_in_one_batch_and_row_by_row(string name)
    {
        var test = ExportedNetwork.Get(name);
        using var scope = NewDisposeScope();
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        foreach (var expected in test.Outputs)
        {
            using var network = test.Load(new OnnxNetworkOptions { OutputName = expected.Name, RemoveSoftmax = false });
            var output = network.Forward(inputs);
            AssertClose(expected.ToTensor(), output);
            long rows = inputs[0].shape[0];
            var single = Enumerable.Range(0, (int)rows).Select(row => network.Forward(inputs.Select(input => input.narrow(0, row, 1)).ToArray())).ToArray();
            AssertClose(expected.ToTensor(), cat(single, 0));
            var doubled = network.Forward(inputs.Select(input => cat([input, input], 0)).ToArray());
            AssertClose(expected.ToTensor(), doubled.narrow(0, rows, rows));
        }
    }

    [Theory]
    [MemberData(nameof(NamesWithCut))]
    public void Gradients_at_a_cut_equal_the_recorded_derivative(string name)
    {
        var test = ExportedNetwork.Get(name);
        var cut = test.Cut!;
        using var scope = NewDisposeScope();
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        double derivative = 0;
        foreach (var output in test.Outputs)
        {
            using var network = test.Load(new OnnxNetworkOptions { OutputName = output.Name, RemoveSoftmax = false });
            using var split = network.Split(cut.Tensor);
            using var activation = split.Head(inputs);
            var features = activation.Features.clone().requires_grad_();
            var logits = split.Tail(features, activation);
            AssertClose(output.ToTensor(), logits.detach());
            var weights = arange(logits.numel(), dtype: float32).cos().reshape(logits.shape);
            (logits * weights).sum().backward();
            var direction = frombuffer(cut.Direction, features.shape);
            derivative += (features.grad!.to(float64) * direction).sum().item<double>();
        }

        Assert.InRange(Math.Abs(derivative - cut.DirectionalDerivative), 0, (1e-3 * cut.GradientNorm) + cut.Uncertainty);
    }

    [Theory]
    [MemberData(nameof(NamesWithCut))]
    public void Copies_of_a_row_go_through_the_tail_together(string name)
    {
        var test = ExportedNetwork.Get(name);
        using var scope = NewDisposeScope();
        using var network = test.Load();
        using var split = network.Split(test.Cut!.Tensor);
        using var activation = split.Head(test.Inputs.Select(input => input.ToTensor()).ToArray());
        if (NotBatchFirst.Contains(name))
        {
            var error = Assert.Throws<ArgumentException>(() => split.Tail(activation.Features.repeat_interleave(3, 0), activation));
            Assert.Contains("does not have the batch first", error.Message, StringComparison.Ordinal);
            return;
        }

        var once = split.Tail(activation.Features, activation);
        for (int repeat = 0; repeat < 2; repeat++)
        {
            var copies = split.Tail(activation.Features.repeat_interleave(3, 0), activation);
            AssertClose(once.repeat_interleave(3, 0), copies);
        }
    }

    [Theory]
    [MemberData(nameof(NamesWithCut))]
    public void The_recorded_cut_is_among_the_layers(string name)
    {
        var test = ExportedNetwork.Get(name);
        using var network = test.Load();
        var layers = network.DescribeLayers(test.Inputs.Select(input => (IReadOnlyList<long>)[1, .. input.Shape[1..]]).ToArray());
        if (NotBatchFirst.Contains(name))
        {
            Assert.DoesNotContain(layers, layer => layer.Name == test.Cut!.Tensor);
            return;
        }

        var layer = Assert.Single(layers, layer => layer.Name == test.Cut!.Tensor);
        using var scope = NewDisposeScope();
        using var split = network.Split(layer.Name);
        using var activation = split.Head(test.Inputs.Select(input => input.ToTensor()).ToArray());
        Assert.Equal(activation.Features.shape[1..], layer.Shape.Skip(1));
        Assert.InRange(layer.CostShare, 0, 1);
        if (layer.AfterRelu) Assert.True(activation.Features.min().item<float>() >= 0);
    }

    private static Tensor frombuffer(byte[] bytes, long[] shape)
    {
        bool isDouble = bytes.Length == 8 * shape.Aggregate(1L, (product, size) => product * size);
        var tensor = empty(shape, dtype: isDouble ? float64 : float32);
        tensor.bytes = bytes;
        return tensor.to(float64);
    }

    internal static void AssertClose(Tensor expected, Tensor actual, double tolerance = 1e-4)
    {
        Assert.Equal(expected.flatten(1).shape, actual.shape);
        double scale = expected.abs().max().to(float64).item<double>();
        double difference = (expected.flatten(1) - actual).abs().max().to(float64).item<double>();
        Assert.True(difference <= tolerance * scale, $"differs by {difference} at a scale of {scale}");
    }
}
