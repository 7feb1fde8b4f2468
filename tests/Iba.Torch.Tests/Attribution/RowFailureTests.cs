using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Rows that cannot be explained are named, and leave the others alone.</summary>
public sealed class RowFailureTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Linear _linear = new([2, 4, 4]);

    public void Dispose() => _scope.Dispose();

    public static TheoryData<string> Methods => ["gradient", "grad-cam", "occlusion"];

    private static AttributionMethod Create(string name) => name switch
    {
        "gradient" => new Gradient(),
        "grad-cam" => new GradCam(),
        _ => new Occlusion(2),
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_target_that_does_not_exist(string name)
    {
        using var method = Create(name);
        using var expected = _linear.Explain(method, new() { Target = ExplanationTarget.Label, Labels = tensor(new long[] { 3, 0, 1 }) });
        Assert.Empty(expected.Failures);
        foreach (long wrong in new long[] { 4, -1, long.MaxValue })
        {
            using var found = _linear.Explain(method, new() { Target = ExplanationTarget.Label, Labels = tensor(new[] { 3, wrong, 1 }) });
            Assert.Equal(new RowFailure(1, $"its target {wrong} is no class of the network (0 to 3)"), Assert.Single(found.Failures));
            Assert.True(found.Map[1].isnan().all().item<bool>());
            Assert.True(found.Probabilities[1].isnan().all().item<bool>());
            Assert.Equal(expected.Map[0], found.Map[0]);
            Assert.Equal(expected.Map[2], found.Map[2]);
            Assert.Contains($"Row 1 could not be explained: its target {wrong}", Assert.Throws<InvalidOperationException>(found.ThrowIfFailed).Message, StringComparison.Ordinal);
        }
    }

    // The gradient of a linear network is finite whatever the input: the row's prediction tells.
    [Theory]
    [MemberData(nameof(Methods))]
    public void Values_that_are_not_finite(string name)
    {
        using var method = Create(name);
        using var expected = _linear.Explain(method);
        foreach (float wrong in new[] { float.NaN, float.PositiveInfinity })
        {
            var features = _linear.Features.clone();
            features[0, 1, 2, 3] = wrong;
            features[0, 0, 0, 0] = float.NaN;
            using var found = Linear.Explain(method, _linear.Network, features);
            Assert.Equal(new RowFailure(0, "2 of its 32 features are NaN or infinite: check the input and the network before the layer"), Assert.Single(found.Failures));
            Assert.True(found.Map[0].isnan().all().item<bool>());
            Assert.Equal(expected.Map[1..], found.Map[1..]);
            Assert.Equal(expected.Probabilities[1..], found.Probabilities[1..]);
        }
    }

    [Fact]
    public void An_output_that_is_NaN_although_the_map_is_finite()
    {
        var network = new ToyNetwork(features => features.flatten(1).matmul(_linear.Weights.flatten(1).t()) + features[.., ..1, 0, 0].sqrt() * 0);
        var features = _linear.Features.clone();
        features[.., 0, 0, 0] = 1;
        features[2, 0, 0, 0] = -1;
        using var method = new FunctionMethod(pass => ones(pass.Rows, 4, 4));
        using var found = Linear.Explain(method, network, features);
        Assert.Equal(new RowFailure(2, "the network's output for it is NaN: check the network after the layer"), Assert.Single(found.Failures));
        Assert.Equal(ones(2, 4, 4), found.Map[..2]);
    }

    [Fact]
    public void Rows_are_counted_over_all_passes()
    {
        var features = Toy.Random([5, 2, 4, 4]);
        features[1, 0, 0, 0] = float.NaN;
        features[4, 0, 0, 0] = float.NaN;
        using var method = new Gradient();
        using var found = Linear.Explain(method, _linear.Network, features, new() { Execution = new() { RowsPerPass = 2 } });
        Assert.Equal([1, 4], found.Failures.Select(failure => failure.Row));
        Assert.Equal([false, true, false, false, true], found.Map.isnan().flatten(1).any(1).data<bool>().ToArray());
    }

    // A method may hand on a part of the features, which are the caller's.
    [Fact]
    public void What_the_caller_handed_in_stays_as_it_is()
    {
        var features = _linear.Features.clone();
        features[1, 0, 0, 0] = float.NaN;
        var before = features.clone();
        using var method = new FunctionMethod(pass => pass.Features.select(1, 1));
        using (var found = Linear.Explain(method, _linear.Network, features))
        {
            Assert.True(found.Map[1].isnan().all().item<bool>());
            Assert.Equal(features[0, 1], found.Map[0]);
        }

        Assert.True(features.bytes.SequenceEqual(before.bytes));
    }

    [Fact]
    public void A_map_of_another_shape_is_the_methods_mistake()
    {
        foreach (long[] shape in new long[][] { [3], [3, 2, 4, 4], [2, 4, 4], [3, 4, 5] })
        {
            using var method = new FunctionMethod(_ => zeros(shape));
            var failure = Assert.Throws<ArgumentException>(() => _linear.Explain(method));
            Assert.Contains("expected [3, 4, 4], one value per position", failure.Message, StringComparison.Ordinal);
        }
    }
}
