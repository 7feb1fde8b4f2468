using System.IO.Compression;
using Iba.Onnx;
using Iba.Tests;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>The layer that is taken where none is named, written out for networks of many kinds.</summary>
public class LayerRuleTests
{
    private static readonly string Assets = Path.Combine(AppContext.BaseDirectory, "assets");

    private static readonly IHost Host = ((IHostEnvironment)new MLContext()).Register("test");

    [Theory]
    // Blocks have names: the last with an eighth of the side, though the next begins with a convolution of that size.
    [InlineData("efficientnet-lite0.onnx", "blocks.4")]
    // The second stage of residual networks.
    [InlineData("networks/light_resnet50.onnx", "r77")]
    [InlineData("var_nofold_resnet18_legacy_op13", "/layer2/layer2.1/relu_1/Relu_output_0")]
    [InlineData("timm_eca_resnet_narrow_legacy_op13", "/layer2/layer2.0/act2/Relu_output_0")]
    // Before the normalisation that begins the next stage.
    [InlineData("tv_convnext_tiny_legacy_op17", "/features/features.3/features.3.1/Add_output_0")]
    [InlineData("tv_swin_tiny_legacy_op17", "/features/features.3/features.3.1/Add_1_output_0")]
    // Before the pool.
    [InlineData("keras_sepnet_same_stride2_tf2onnx13", "functional_1/add_1/Add:0")]
    [InlineData("networks/light_shufflenet.onnx", "r52")]
    [InlineData("networks/light_bvlc_alexnet.onnx", "r2")]
    [InlineData("networks/light_squeezenet.onnx", "r16")]
    // No layer has an eighth: patches with their places.
    [InlineData("tv_vit_tiny_legacy_op17", "/encoder/Add_output_0")]
    [InlineData("tv_vit_tiny_dynamo_op23", "add_17")]
    [InlineData("timm_mixer_tiny_legacy_op13", "/stem/Transpose_output_0")]
    // Tokens and bytes: embeddings, normalised.
    [InlineData("topics/topics.onnx", "embeddings")]
    [InlineData("magika/magika.onnx", "jax2tf_get_logits_/pjit_get_logits_/MagikaV2/LayerNorm_0/AddV2_1:0")]
    [InlineData("hf_bert_eager_legacy_op14", "/m/bert/embeddings/LayerNorm/Add_1_output_0")]
    [InlineData("hf_electra_sdpa_dynamo_op20", "layer_norm")]
    public void A_network_of_this_kind_is_cut_there(string file, string layer)
    {
        using var network = Load(file);
        var layout = Layout(network);
        Assert.Equal(layer, LayerRule.Choose(Host, network, layout, out _));
    }

    [Theory]
    // Of each fineness the last; blocks.10 to blocks.14 have 14 x 14.
    [InlineData("efficientnet-lite0.onnx", "blocks.2", "blocks.4", "blocks.10")]
    [InlineData("topics/topics.onnx", "embeddings")]
    public void Layers_to_compare_are_one_of_each_fineness_or_spread_over_the_work(string file, params string[] expected)
    {
        using var network = Load(file);
        string[] found = LayerRule.Candidates(Host, network, Layout(network), null, "Layers").Select(layer => layer.Name).ToArray();
        Assert.Equal(expected, found.Intersect(expected));
        Assert.InRange(found.Length, expected.Length, 5);
    }

    [Fact]
    public void A_modules_block_is_taken_whole_and_its_last_layer_goes_by_the_name_of_the_block()
    {
        using var module = nn.Sequential(
            ("conv1", nn.Conv2d(3, 4, 3, stride: 2, padding: 1)),
            ("layer1", nn.Sequential(("0", Block(4, 4, 1)), ("1", Block(4, 4, 2)))),
            ("layer2", nn.Sequential(("0", Block(4, 8, 2)), ("1", Block(8, 8, 1)))),
            ("layer3", nn.Sequential(("0", Block(8, 8, 2)), ("1", Block(8, 8, 1)))),
            ("pool", nn.AdaptiveAvgPool2d(1)),
            ("flatten", nn.Flatten()),
            ("fc", nn.Linear(8, 3))).Seeded();
        using var network = new ModuleNetwork(module, [3, 32, 32]);
        Assert.Equal("layer2", LayerRule.Choose(Host, network, Layout(network), out _));

        static nn.Module<Tensor, Tensor> Block(long from, long to, long stride) => nn.Sequential(
            ("conv1", nn.Conv2d(from, to, 1)), ("relu1", nn.ReLU()), ("conv2", nn.Conv2d(to, to, 3, stride: stride, padding: 1)), ("relu2", nn.ReLU()));
    }

    [Fact]
    public void Rows_without_positions_have_no_such_layer()
    {
        using var module = nn.Sequential(("fc1", nn.Linear(12, 8)), ("relu", nn.ReLU()), ("fc2", nn.Linear(8, 3))).Seeded();
        using var network = new ModuleNetwork(module, [12]);
        string message = Assert.ThrowsAny<ArgumentException>(() => LayerRule.Choose(Host, network, Layout(network), out _)).Message;
        Assert.Contains("Layer is not set, and no layer has positions", message, StringComparison.Ordinal);
        Assert.Contains("'fc1'", message, StringComparison.Ordinal);
        Assert.Contains("name a layer that passes the rows on as they are (an identity), with ChannelDimension = 0", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, new long[] { 40, 28, 28 }, new long[] { 224, 224 })]
    [InlineData(10, new long[] { 512, 28, 28 }, new long[] { 224, 224 })]
    [InlineData(100, new long[] { 512, 256 }, new long[] { 2048 })]
    [InlineData(10, new long[] { 10, 384 }, new long[] { 10 })]
    [InlineData(10, new long[] { -1, 384 }, new long[] { -1 })]
    public void Beta_grows_with_the_features_of_long_rows_alone(double beta, long[] features, long[] size)
    {
        var column = new InputColumn("x", "x", size.Length == 1 ? InputKind.Integers : InputKind.Floats, size.Length == 1 ? size : [3, .. size], size.Length == 1 ? 0 : 1);
        Assert.Equal(beta, BetaRule.Choose(new LayerFacts(new InputLayout([column], 0, -1, 0, null), 1, features, 10, OutputKind.Logits)));
    }

    [Theory]
    [InlineData(0.04, 4)]
    [InlineData(7.84, 784)]
    [InlineData(10, 5000)]
    public void Beta_of_a_table_grows_with_its_columns_up_to_that_of_the_paper(double beta, long columns)
    {
        var column = new InputColumn("x", "x", InputKind.Floats, [columns]);
        Assert.Equal(beta, BetaRule.Choose(new LayerFacts(new InputLayout([column], 0, -1, 0, null), 0, [columns], 10, OutputKind.Logits)));
    }

    private static OnnxNetwork Load(string file)
    {
        if (Path.GetExtension(file) == ".onnx") return OnnxNetwork.Load(Path.Combine(Assets, file));
        using var archive = ZipFile.OpenRead(Path.Combine(Assets, "networks", "onnx-networks.zip"));
        using var entry = archive.GetEntry($"{file}/network.onnx")!.Open();
        return OnnxNetwork.Load(entry);
    }

    private static InputLayout Layout(Network network)
    {
        var columns = network.Inputs.Select(input =>
        {
            long[] row = input.Shape.Skip(1).ToArray();
            bool floats = input.ElementType == ScalarType.Float32;
            return new InputColumn(input.Name, input.Name, floats ? InputKind.Floats : InputKind.Integers, row, !floats || row.Length == 1 ? 0 : row[^1] == 3 ? 3 : 1);
        });
        return new InputLayout(columns.ToArray(), 0, -1, 0, null);
    }
}
