using Microsoft.ML.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.MLNet.TorchSharp.Tests;

[Collection(FittedModelTests.Name)]
public sealed class NasBertNetworkTests : IDisposable
{
    private readonly FittedModel _fitted;
    private readonly NasBertNetwork _network;
    private readonly DisposeScope _scope = NewDisposeScope();

    public NasBertNetworkTests(FittedModel fitted)
    {
        _fitted = fitted;
        _network = fitted.NewNetwork();
    }

    private static readonly string[] Names = ["Embedding", .. Enumerable.Range(0, 24).Select(layer => $"Layers.{layer}")];

    public static TheoryData<string> Layers => [.. Names];

    public void Dispose()
    {
        _network.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Every_cut_gives_the_models_own_logits_bit_for_bit_padded_or_not(string layer)
    {
        using var noGradient = no_grad();
        using var cut = _network.Split(layer);
        foreach (var (tokens, mask) in new[] { Batch(padded: true), Batch(padded: false) })
        {
            var expected = _fitted.Module.forward(tokens, null);

            using var activation = cut.Head([tokens, mask]);
            var logits = cut.Tail(activation.Features, activation);

            AssertSame(expected, logits);
            AssertSame(expected, _network.Forward([tokens, mask]));
            Assert.Equal((tokens.shape[1], cut.Layer.Shape[2]), (activation.Features.shape[1], activation.Features.shape[2]));
            var twice = cut.Tail(activation.Features.repeat_interleave(2, 0), activation);
            Assert.True(twice.allclose(expected.repeat_interleave(2, 0), rtol: 1e-4, atol: 1e-5));
        }
    }

    [Fact]
    public void It_gives_the_scores_that_the_model_writes()
    {
        float[][] expected = [.. _fitted.Model.Transform(_fitted.Rows).GetColumn<float[]>("Score")];
        string[] texts = [.. _fitted.Rows.GetColumn<string>("Text")];

        for (int i = 0; i < texts.Length; i++)
        {
            long[] ids = [.. NasBertTokens.Instance.Encode(texts[i].AsMemory()).Pieces.Select(piece => (long)piece.Id)];
            var tokens = tensor(ids).unsqueeze(0);
            Assert.Equal(expected[i], _network.Forward([tokens, ones_like(tokens)]).data<float>().ToArray());
        }
    }

    [Fact]
    public void What_lies_at_padding_does_not_matter()
    {
        var (tokens, mask) = Batch(padded: true);
        var other = where(mask.eq(0), full_like(tokens, 77), tokens);
        Assert.False(tokens.Equals(other));
        AssertSame(_network.Forward([tokens, mask]), _network.Forward([other, mask]));

        using var cut = _network.Split("Embedding");
        using var activation = cut.Head([tokens, mask]);
        var noisy = activation.Features + mask.eq(0).unsqueeze(-1).to(float32) * 5;
        AssertSame(cut.Tail(activation.Features, activation), cut.Tail(noisy, activation));
    }

    [Fact]
    public void Gradients_flow_to_the_features_and_not_to_the_models_weights_which_have_theirs_back_at_the_end()
    {
        Assert.All(_fitted.Module.parameters(), weight => Assert.False(weight.requires_grad));
        var (tokens, mask) = Batch(padded: false);
        using (var cut = _network.Split("Layers.1"))
        using (var activation = cut.Head([tokens, mask]))
        {
            var features = activation.Features.detach().requires_grad_();
            cut.Tail(features, activation).sum().backward();
            Assert.True(features.grad!.abs().sum().item<float>() > 0);
        }

        using (var second = _fitted.NewNetwork())
        {
            _network.Dispose();
            Assert.All(_fitted.Module.parameters(), weight => Assert.False(weight.requires_grad)); // One still uses it.
        }

        Assert.All(_fitted.Module.parameters(), weight => Assert.True(weight.requires_grad));
        Assert.Throws<ObjectDisposedException>(() => _network.Forward([tokens, mask]));
    }

    [Fact]
    public void A_model_in_training_mode_as_loading_leaves_it_scores_in_evaluation_mode_from_then_on()
    {
        _network.Dispose();
        _fitted.Module.train();

        _fitted.NewNetwork().Dispose();

        Assert.False(_fitted.Module.training);
    }

    [Fact]
    public void Layers_have_shapes_and_growing_cost()
    {
        var layers = _network.DescribeLayers([2, 7], [2, 7]);

        Assert.Equal(Names, layers.Select(layer => layer.Name));
        Assert.All(layers, layer => Assert.Equal([2, 7, 192], layer.Shape));
        Assert.Equal(0, layers[0].CostShare);
        Assert.Equal(layers.Select(layer => layer.CostShare).Order(), layers.Select(layer => layer.CostShare));
        Assert.InRange(layers[^1].CostShare, 0.9, 0.9999);
    }

    [Fact]
    public void A_fork_gives_the_same_bits_and_fingerprints_tell_weights_apart()
    {
        var (tokens, mask) = Batch(padded: false);
        using var cut = _network.Split("Layers.2");
        using var fork = cut.Fork();
        using var activation = cut.Head([tokens, mask]);
        var logits = cut.Tail(activation.Features, activation);
        AssertSame(logits, fork.Tail(activation.Features, activation));
        Assert.True(cut.ResultBytes(activation) > 0);

        string fingerprint = cut.HeadFingerprint()!;
        Assert.Equal(fingerprint, fork.HeadFingerprint());
        using (_network.RandomizeWeights("Layers.8", seed: 1))
        {
            Assert.Equal(fingerprint, cut.HeadFingerprint()); // Behind the cut.
            Assert.False(logits.Equals(cut.Tail(activation.Features, activation)));
        }

        using (_network.RandomizeWeights("Layers.1", seed: 1)) Assert.NotEqual(fingerprint, cut.HeadFingerprint());
        Assert.Equal(fingerprint, cut.HeadFingerprint());
    }

    [Fact]
    public void Wrong_inputs_are_refused_before_libtorch_sees_them()
    {
        var (tokens, mask) = Batch(padded: false);
        Assert.Contains("vocabulary", Refusal(() => _network.Forward([tokens + 50265, mask])));
        Assert.Contains("vocabulary", Refusal(() => _network.Forward([tokens - 1000, mask])));
        Assert.Contains("512", Refusal(() => _network.Forward([ones([1, 513], int64), ones([1, 513], int64)])));
        Assert.Contains("'mask'", Refusal(() => _network.Forward([tokens, mask[.., 1..]])));
        Assert.Contains("Int64", Refusal(() => _network.Forward([tokens.to(int32), mask])));
        Assert.Contains("The nearest: Layers.", Refusal(() => _network.Split("Layers.24")));

        static string Refusal(Func<object> action) => Assert.ThrowsAny<ArgumentException>(action).Message;
    }

    [Fact]
    public void It_is_neither_saved_nor_moved_without_its_model()
    {
        _network.MoveTo(CPU);
        Assert.Contains("GpuDeviceId", Assert.Throws<NotSupportedException>(() => _network.MoveTo(new Device("cuda:0"))).Message);
        Assert.Contains("mlContext.Model.Save", Assert.Throws<NotSupportedException>(() => _network.Save(Stream.Null)).Message);
    }

    private static void AssertSame(Tensor expected, Tensor actual) => Assert.True(expected.Equals(actual), $"They differ by up to {(expected - actual).abs().max().item<float>()}.");

    private static (Tensor Tokens, Tensor Mask) Batch(bool padded)
    {
        const long pad = NasBertTokens.Padding;
        var tokens = padded
            ? tensor(new long[,] { { 0, 5, 9, 100, 7, 42, 8 }, { 0, 77, 6, 1234, pad, pad, pad }, { 0, pad, pad, pad, pad, pad, pad } })
            : tensor(new long[,] { { 0, 5, 9, 100, 7 }, { 0, 77, 6, 1234, 9999 } });
        return (tokens, tokens.ne(pad).@long());
    }
}
