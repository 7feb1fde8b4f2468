using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Padding: it gets 0, and whatever it holds changes nothing for the positions that exist.</summary>
public sealed class MaskTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _features = Toy.Random([2, 3, 6]);
    private readonly Tensor _mask = tensor(new[] { true, true, true, true, false, false, true, true, true, true, true, true }).view(2, 6);

    public void Dispose() => _scope.Dispose();

    public static TheoryData<string> Methods => ["gradient", "grad-cam", "occlusion"];

    private static AttributionMethod Create(string name) => name switch
    {
        "gradient" => new Gradient(),
        "grad-cam" => new GradCam(keepNegative: true),
        _ => new Occlusion(2),
    };

    private static Attribution Explain(AttributionMethod method, Tensor features, Tensor? mask)
    {
        using var network = new MaskedMean();
        using var activation = new Activation(features.alias(), [(mask ?? ones(features.shape[0], features.shape[2], dtype: ScalarType.Bool)).alias()]);
        return method.Explain(network, activation, new() { Mask = mask, Target = ExplanationTarget.Class(1) });
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_padded_row_is_explained_as_if_it_were_alone(string name)
    {
        using var method = Create(name);
        using var padded = Explain(method, _features, _mask);
        using var first = Explain(method, _features[..1, .., ..4], null);
        using var second = Explain(method, _features[1..], null);
        Assert.Equal(zeros(2), padded.Map[0, 4..]);
        Assert.True(first.Map.abs().max().item<float>() > 0.01);
        Toy.AssertClose(first.Map[0], padded.Map[0, ..4]);
        Toy.AssertClose(second.Map[0], padded.Map[1]);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void What_padding_holds_does_not_matter(string name)
    {
        using var method = Create(name);
        using var expected = Explain(method, _features, _mask);
        foreach (double padding in new[] { 1000, double.NaN, double.NegativeInfinity })
        {
            var features = _features.clone();
            features[0, .., 4..] = (float)padding;
            using var found = Explain(method, features, _mask);
            Assert.Empty(found.Failures);
            Assert.Equal(expected.Map, found.Map);
        }
    }

    [Fact]
    public void Padding_among_the_tokens_of_a_grid_gets_nothing_either()
    {
        var linear = new Linear([5, 3]);
        var mask = ones(3, 5, dtype: ScalarType.Bool);
        mask[1, 4] = false;
        using var method = new Gradient();
        using var result = linear.Explain(method, new() { ChannelDimension = 2, InputSize = [4, 4], Mask = mask });
        Assert.Equal(0, result.Map[1, 1, 1].item<float>());
        Assert.Equal(11, result.Map.ne(0).sum().item<long>());
    }

    [Fact]
    public void Positions_without_channels_take_a_mask_too()
    {
        var linear = new Linear([6]);
        var mask = tensor(new[] { true, false, true, true, true, true }).expand(3, 6);
        using var gradient = new Gradient();
        using var result = linear.Explain(gradient, new() { ChannelDimension = 0, Mask = mask, Target = ExplanationTarget.Class(0) });
        Assert.Equal((linear.Weights[0].abs() * mask[0]).expand(3, 6), result.Map);
    }

    [Fact]
    public void A_row_without_positions_fails_alone()
    {
        var mask = _mask.clone();
        mask[0] = false;
        using var method = new Gradient();
        using var result = Explain(method, _features, mask);
        using var other = Explain(method, _features[1..], null);
        var failure = Assert.Single(result.Failures);
        Assert.Equal(new RowFailure(0, "its mask leaves no position"), failure);
        Assert.True(result.Map[0].isnan().all().item<bool>());
        Toy.AssertClose(other.Map[0], result.Map[1]);
    }

    [Fact]
    public void A_mask_of_another_shape_or_type_is_refused()
    {
        using var method = new Gradient();
        Assert.Contains("need Bool [2, 6]", Assert.Throws<ArgumentException>(() => Explain(method, _features, _mask[.., ..5])).Message, StringComparison.Ordinal);
        Assert.Contains("The mask is Int64", Assert.Throws<ArgumentException>(() => Explain(method, _features, _mask.to(int64))).Message, StringComparison.Ordinal);
    }

    /// <summary>tanh, mean over the positions that exist, linear; what is padding it never reads.</summary>
    private sealed class MaskedMean : SplitNetwork
    {
        private readonly Tensor _weights = Toy.Random([3, Toy.Classes], seed: 41);

        public override LayerInfo Layer => new("masked", [-1, 3, -1], false, 0);

        public override OutputKind Output => OutputKind.Logits;

        public override Activation Head(IReadOnlyList<Tensor> inputs) => throw new NotSupportedException();

        public override Tensor Tail(Tensor features, Activation origin)
        {
            var exists = origin.Context[0].to_type(ScalarType.Bool).unsqueeze(1);
            var values = features.where(exists, zeros_like(features)).tanh();
            return (values.sum(2) / exists.sum([2L])).matmul(_weights);
        }
    }
}
