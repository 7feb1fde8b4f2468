using System.Text.Json;
using Iba.Onnx.Schema;
using Iba.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Networks that other people publish: large, and held to results computed elsewhere.</summary>
public class PublishedNetworkTests
{
    private static string Asset(params string[] path) => Path.Combine([AppContext.BaseDirectory, "Assets", .. path]);

    [Theory]
    [InlineData("bvlc_alexnet")]
    [InlineData("densenet121")]
    [InlineData("resnet50")]
    [InlineData("shufflenet")]
    [InlineData("squeezenet")]
    public void Architectures_of_the_onnx_project_give_the_expected_output(string name)
    {
        using var scope = NewDisposeScope();
        using var network = OnnxNetwork.Load(Asset("light", $"light_{name}.onnx"), new OnnxNetworkOptions { RemoveSoftmax = false });
        var expected = TensorReader.Read(TensorProto.Parser.ParseFrom(File.ReadAllBytes(Asset("light", $"light_{name}_output_0.pb"))), "expected output");
        long[] shape = [1, .. Assert.Single(network.Inputs).Shape.Skip(1)];
        long count = shape.Aggregate(1L, (product, size) => product * size);
        var output = network.Forward([(arange(count, dtype: float32) / count).reshape(shape)]);
        ExportedNetworkTests.AssertClose(expected, output);
    }

    [Fact]
    public void EfficientNet_lite0_has_its_blocks_as_layers()
    {
        using var network = OnnxNetwork.Load(Asset("efficientnet-lite0.onnx"));
        var layers = network.Layers.ToDictionary(layer => layer.Name);
        for (int block = 0; block < 16; block++) Assert.Contains($"blocks.{block}", layers.Keys);
        Assert.Equal([1, 40, 28, 28], layers["blocks.4"].Shape);
        Assert.Equal([1, 320, 7, 7], layers["blocks.15"].Shape);
        Assert.All(Enumerable.Range(0, 16), block => Assert.False(layers[$"blocks.{block}"].AfterRelu));
        Assert.Contains(network.Layers, layer => layer.AfterRelu);
        Assert.True(network.Layers.Zip(network.Layers.Skip(1)).All(pair => pair.First.CostShare <= pair.Second.CostShare));
        Assert.InRange(layers["blocks.4"].CostShare, 0.2, 0.4);
        Assert.Equal([-1, 3, 224, 224], Assert.Single(network.Inputs).Shape);
    }

    [Theory]
    [InlineData("blocks.0")]
    [InlineData("blocks.4")]
    [InlineData("blocks.15")]
    public void EfficientNet_lite0_gives_the_same_logits_through_every_cut(string layer)
    {
        using var scope = NewDisposeScope();
        using var generator = new TorchSharp.torch.Generator(1, CPU);
        using var network = OnnxNetwork.Load(Asset("efficientnet-lite0.onnx"));
        var images = randn([2, 3, 224, 224], generator: generator);
        var logits = network.Forward([images]);
        using var split = network.Split(layer);
        using var activation = split.Head([images]);
        ExportedNetworkTests.AssertClose(logits, split.Tail(activation.Features, activation));
    }

    [Fact]
    public void Nothing_is_left_of_EfficientNet_lite0_without_a_scope_around_it()
    {
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var network = OnnxNetwork.Load(Asset("efficientnet-lite0.onnx")))
        using (network.Split("blocks.4"))
        {
            Assert.NotEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Topics_gives_the_expected_logits_and_is_cut_between_its_layers()
    {
        using var scope = NewDisposeScope();
        using var network = OnnxNetwork.Load(Asset("topics", "topics.onnx"));
        Assert.Equal(["input_ids", "attention_mask"], network.Inputs.Select(input => input.Name));
        var names = network.DescribeLayers([1, 24], [1, 24]).ToDictionary(layer => layer.Name);
        foreach (string layer in (string[])["embeddings", "layer.0", "layer.1", "layer.2"]) Assert.Equal([1, 24, 384], names[layer].Shape);

        using var expected = JsonDocument.Parse(File.ReadAllText(Asset("topics", "expected.json")));
        using var split = network.Split("layer.0");
        foreach (var sentence in expected.RootElement.EnumerateArray())
        {
            long[] ids = sentence.GetProperty("ids").EnumerateArray().Select(id => id.GetInt64()).ToArray();
            float[] logits = sentence.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle()).ToArray();
            // Padding behind the mask changes nothing.
            var tokens = tensor((long[])[.. ids, 0, 0, 0]).unsqueeze(0);
            var mask = cat([ones(ids.Length, int64), zeros(3, int64)], 0).unsqueeze(0);
            ExportedNetworkTests.AssertClose(tensor(logits).unsqueeze(0), network.Forward([tokens, mask]), 1e-3);
            using var activation = split.Head([tokens, mask]);
            var copies = split.Tail(activation.Features.repeat_interleave(2, 0), activation);
            ExportedNetworkTests.AssertClose(tensor(logits).unsqueeze(0).repeat(2, 1), copies, 1e-3);
        }
    }

    [Fact]
    public void Magika_knows_bytes_and_is_cut_after_its_first_normalisation()
    {
        const string layer = "jax2tf_get_logits_/pjit_get_logits_/MagikaV2/LayerNorm_0/AddV2_1:0";
        using var scope = NewDisposeScope();
        using var network = OnnxNetwork.Load(Asset("magika", "magika.onnx"));
        byte[] code = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(
            "using System;\nusing System.Linq;\n\nnamespace Test;\n\npublic class Program\n{\n    public static void Main() => Console.WriteLine(1);\n}\n", 20)));
        int[] bytes = [.. code[..1024].Select(value => (int)value), .. code[^1024..].Select(value => (int)value)];
        var input = tensor(bytes).unsqueeze(0);
        var probabilities = network.Forward([input]);
        Assert.Equal([1, 214], probabilities.shape);
        Assert.Equal(OutputKind.Auto, network.Output);
        Assert.Equal(1, probabilities.sum().item<float>(), 1e-4);
        string label = File.ReadAllLines(Asset("magika", "labels.txt"))[probabilities.argmax().item<long>()];
        Assert.Equal("cs", label);

        Assert.Equal([1, 512, 256], network.Layers.Single(info => info.Name == layer).Shape);
        using var split = network.Split(layer);
        using var activation = split.Head([input]);
        ExportedNetworkTests.AssertClose(probabilities, split.Tail(activation.Features, activation));
    }
}
