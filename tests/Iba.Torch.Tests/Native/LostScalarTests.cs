using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>TorchSharp frees a scalar that libtorch has still to read: seen when garbage is collected on a busy machine.</summary>
public class LostScalarTests
{
    private static readonly long[] Row = [3, 4, 4];

    // As libtorch 2.10 reports it.
    private sealed class ScalarFailure() : ExternalException(
        "Expected false to be true, but got false.\nException raised from toFloat at /pytorch/c10/core/Scalar.h:140 (most recent call first):");

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_pass_that_lost_a_scalar_is_computed_again(int lostAt)
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([2, .. Row]);
        var tail = Toy.Dense(Row);
        using var expected = Toy.Explain(tail, statistics, features);
        int calls = 0;
        var network = new ToyNetwork(input => ++calls == lostAt ? throw new ScalarFailure() : tail.Tail(input, null!));
        using var found = Toy.Explain(network, statistics, features);
        Assert.True(calls > lostAt);
        Assert.True(found.Capacity.equal(expected.Capacity).all().item<bool>());
        Assert.True(found.Loss.equal(expected.Loss).all().item<bool>());
    }

    [Fact]
    public void What_keeps_failing_and_what_fails_otherwise_is_thrown()
    {
        int calls = 0;
        Assert.Throws<ScalarFailure>(() => LostScalar.Repeat<int>(() => throw Count(new ScalarFailure())));
        Assert.Equal(2, calls);
        Assert.Throws<InvalidOperationException>(() => LostScalar.Repeat<int>(() => throw Count(new InvalidOperationException("Scalar.h"))));
        Assert.Equal(3, calls);

        Exception Count(Exception failure)
        {
            calls++;
            return failure;
        }
    }
}
