using Google.Protobuf;
using Iba.Torch;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Weights that hold noise for a while, and the hash of those before a layer.</summary>
public class OnnxWeightsTests
{
    public static TheoryData<string> Names => [.. ExportedNetwork.Names];

    /// <summary>A network that has computed already must see the noise in all that it has made of its weights, as one that has not does.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Noise_in_all_weights_gives_what_a_fresh_network_gives_and_is_undone_bit_for_bit(string name)
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get(name);
        using var network = test.Load();
        using var fresh = test.Load();
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        using var split = test.Cut is { } cut ? network.Split(cut.Tensor) : null;
        using var fork = split?.Fork();
        byte[] output = network.Forward(inputs).bytes.ToArray();
        byte[] tail = Through(split);
        Assert.Equal(tail, Through(fork));

        var noise = network.WeightLayers.Reverse().Select(layer => network.RandomizeWeights(layer, 3)).ToArray();
        foreach (string layer in fresh.WeightLayers.Reverse()) fresh.RandomizeWeights(layer, 3);
        using var freshSplit = test.Cut is { } same ? fresh.Split(same.Tensor) : null;
        byte[] expected = fresh.Forward(inputs).bytes.ToArray();
        Assert.Equal(expected, network.Forward(inputs).bytes.ToArray());
        byte[] expectedTail = Through(freshSplit);
        Assert.Equal(expectedTail, Through(split));
        Assert.Equal(expectedTail, Through(fork));

        foreach (var part in noise.Reverse()) part.Dispose();
        Assert.Equal(output, network.Forward(inputs).bytes.ToArray());
        Assert.Equal(tail, Through(split));
        Assert.Equal(tail, Through(fork));

        byte[] Through(SplitNetwork? cut)
        {
            if (cut == null) return [];
            using var activation = cut.Head(inputs);
            return cut.Tail(activation.Features, activation).bytes.ToArray();
        }
    }

    [Theory]
    [InlineData("var_nofold_resnet18_legacy_op13")]
    [InlineData("timm_mixer_tiny_legacy_op13")]
    [InlineData("hb_lstm_gru_rows_op13")]
    public void Every_step_of_a_cascade_changes_the_output(string name)
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get(name);
        using var network = test.Load();
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        Assert.True(network.WeightLayers.Count > 1);
        byte[] before = network.Forward(inputs).bytes.ToArray();
        int steps = 0;
        foreach (string layer in network.WeightLayers.Reverse())
        {
            bool differs = WeightParts.Of(network.Graph).First(part => part.Name == layer).Weights.Any(weight => weight.min().Equals(weight.max()) == false);
            network.RandomizeWeights(layer, 3);
            byte[] after = network.Forward(inputs).bytes.ToArray();
            if (differs) Assert.NotEqual(before, after);
            else Assert.Equal(before, after); // constant weights have no deviation
            before = after;
            steps += differs ? 1 : 0;
        }

        Assert.True(steps > network.WeightLayers.Count / 2);
    }

    [Fact]
    public void Features_that_run_beside_the_cut_see_the_noise()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Input.Add(new Schema.ValueInfoProto { Name = "m", Type = model.Graph.Input[0].Type });
        model.Graph.Initializer.Add(Floats("v", [2, 2], 5, 6, 7, 8));
        model.Graph.Node[0].Output[0] = "a";
        model.Graph.Node.Add(Node("MatMul", ["m", "v"], "gate"));
        model.Graph.Node.Add(Node("Mul", ["a", "gate"], "y"));
        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
        Assert.Equal(["a", "gate"], network.WeightLayers);
        using var split = network.Split("a");
        using var origin = split.Head([ones(2, 2), ones(2, 2)]);
        var before = split.Tail(origin.Features, origin);
        using (network.RandomizeWeights("gate", 1)) Assert.NotEqual(before, split.Tail(origin.Features, origin));
        Assert.Equal(before, split.Tail(origin.Features, origin));
    }

    [Fact]
    public void A_network_with_noise_is_neither_saved_nor_moved()
    {
        using var network = OnnxNetwork.Load(new MemoryStream(Classifier().ToByteArray()));
        Assert.Contains("'y'", Assert.Throws<ArgumentException>(() => network.RandomizeWeights("w", 1)).Message, StringComparison.Ordinal);
        using (network.RandomizeWeights("y", 1))
        {
            Assert.Throws<InvalidOperationException>(() => network.Save(Stream.Null));
            Assert.Throws<InvalidOperationException>(() => network.MoveTo(CPU));
        }

        network.Save(Stream.Null);
    }

    [Theory]
    [InlineData("var_nofold_resnet18_legacy_op13", false)]
    [InlineData("tv_vit_tiny_legacy_op17", false)]
    [InlineData("var_nofold_resnet18_legacy_op13", true)]
    public void The_fingerprint_of_a_head_survives_saving_and_follows_its_weights_only(string name, bool isDouble)
    {
        using var network = ExportedNetwork.Get(name).Load(new OnnxNetworkOptions { Precision = isDouble ? ScalarType.Float64 : null });
        var layers = network.Layers;
        string layer = layers[layers.Count / 2].Name;
        using var split = network.Split(layer);
        string before = split.HeadFingerprint()!;
        Assert.Matches("^[0-9a-f]{64}$", before);
        Assert.Equal(layers.Count, layers.Select(other => network.Split(other.Name).HeadFingerprint()).Distinct().Count());

        using var file = new MemoryStream();
        network.Save(file);
        file.Position = 0;
        using var again = OnnxNetwork.Load(file);
        using var same = again.Split(layer);
        Assert.Equal(before, same.HeadFingerprint());

        using (network.RandomizeWeights(network.WeightLayers[^1], 1)) Assert.Equal(before, split.HeadFingerprint());
        using (network.RandomizeWeights(network.WeightLayers[0], 1)) Assert.NotEqual(before, split.HeadFingerprint());
        Assert.Equal(before, split.HeadFingerprint());
        using var fork = split.Fork();
        Assert.Equal(before, fork.HeadFingerprint());
    }
}
