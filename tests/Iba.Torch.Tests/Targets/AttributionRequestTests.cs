using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>What a request may ask, what it is refused, and how rows share passes.</summary>
public sealed class AttributionRequestTests : IDisposable
{
    private static readonly long[] Row = [3, 5, 4];

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _features = Toy.Random([5, .. Row]);
    private readonly ToyNetwork _network = Toy.Dense(Row);

    public void Dispose() => _scope.Dispose();

    private Attribution Explain(AttributionMethod method, AttributionRequest? request = null) => Linear.Explain(method, _network, _features, request);

    [Fact]
    public void Rows_go_through_the_tail_in_passes_of_the_size_asked_for()
    {
        using var method = new Gradient();
        using var together = Explain(method);
        Assert.Equal([5, 5], _network.Passes); // The prediction, and the gradient.
        _network.Passes.Clear();
        using var inParts = Explain(method, new() { Execution = new() { RowsPerPass = 2 } });
        Assert.Equal([2, 2, 2, 2, 1, 1], _network.Passes);
        Toy.AssertClose(together.Map, inParts.Map);
        Toy.AssertClose(together.Probabilities, inParts.Probabilities);
        Assert.Equal(together.Targets, inParts.Targets);
    }

    [Fact]
    public void Labels_and_masks_go_with_their_rows()
    {
        var labels = tensor(new long[] { 3, 1, 0, 2, 1 });
        var mask = Toy.Random([5, 5, 4], seed: 8).gt(0);
        using var method = new Gradient();
        using var together = Explain(method, new() { Target = ExplanationTarget.Label, Labels = labels, Mask = mask });
        using var inParts = Explain(method, new() { Target = ExplanationTarget.Label, Labels = labels, Mask = mask, Execution = new() { RowsPerPass = 2 } });
        Assert.Equal(labels, inParts.Targets);
        Assert.Equal(mask.logical_not(), inParts.Map.eq(0));
        Toy.AssertClose(together.Map, inParts.Map);
    }

    [Theory]
    [InlineData(11_000, new long[] { 2, 2, 2, 2, 1, 1 })] // A row takes 1000 bytes, a quarter more, and 16 times 60 floats: 5090.
    [InlineData(1, new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    [InlineData(1L << 30, new long[] { 5, 5 })]
    public void A_memory_budget_bounds_the_rows_of_a_pass(long budget, long[] passes)
    {
        using var method = new Gradient();
        using var expected = Explain(method);
        _network.Passes.Clear();
        _network.BytesPerVersion = 1000;
        using var found = Explain(method, new() { Execution = new() { MemoryBudget = budget } });
        Assert.Equal(passes, _network.Passes);
        Toy.AssertClose(expected.Map, found.Map);
    }

    [Fact]
    public void Out_of_memory_halves_the_rows_of_a_pass()
    {
        using var method = new Occlusion(3);
        using var expected = Explain(method);
        var small = new ToyNetwork(rows => rows.shape[0] > 2 ? throw new NativeFailure() : _network.Tail(rows, null!));
        using var found = Linear.Explain(method, small, _features);
        Toy.AssertClose(expected.Map, found.Map);
        Assert.Equal([5, 3, 2], small.Passes.Distinct().Take(3));
    }

    [Fact]
    public void Out_of_memory_for_one_row_says_what_to_do()
    {
        var none = new ToyNetwork(_ => throw new NativeFailure());
        using var method = new Gradient();
        var failure = Assert.Throws<InvalidOperationException>(() => Linear.Explain(method, none, _features));
        Assert.Contains("Not enough memory to explain one row of features [1, 3, 5, 4] of layer 'toy' by gradient: cut at a later layer", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancellation_ends_the_work_between_two_windows()
    {
        using var cancellation = new CancellationTokenSource();
        var network = new ToyNetwork(rows => _network.Tail(rows, null!));
        network = new ToyNetwork(rows =>
        {
            if (_network.Passes.Count == 4) cancellation.Cancel();
            return _network.Tail(rows, null!);
        });
        using var method = new Occlusion(2);
        using var activation = new Activation(_features.alias(), []);
        Assert.Throws<OperationCanceledException>(() => method.Explain(network, activation, cancellation: cancellation.Token));
        Assert.Equal(5, network.Passes.Count); // The prediction, the score before, and three of six windows.
    }

    [Fact]
    public void The_target_is_the_predicted_class_a_label_or_one_class_for_all()
    {
        using var method = new Gradient();
        using var predicted = Explain(method);
        Assert.Equal(predicted.Probabilities.argmax(1), predicted.Targets);
        using var labels = Explain(method, new() { Target = ExplanationTarget.Label, Labels = predicted.Targets });
        Assert.Equal(predicted.Map, labels.Map);
        using var one = Explain(method, new() { Target = ExplanationTarget.Class(1) });
        using var ones = Explain(method, new() { Target = ExplanationTarget.Label, Labels = full(5, 1L, ScalarType.Int64) });
        Assert.Equal(one.Map, ones.Map);
        Assert.NotEqual(one.Map, predicted.Map);
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_anything_is_computed()
    {
        Refused(new() { Target = ExplanationTarget.Label }, "Target 'label' needs Labels, int64 [5]");
        Refused(new() { Target = ExplanationTarget.Label, Labels = tensor(new long[] { 1, 2 }) }, "Labels are Int64 [2]; expected Int64 [5]");
        Refused(new() { Labels = zeros(5, dtype: int32) }, "Labels are Int32 [5]; expected Int64 [5]");
        Refused(new() { ChannelDimension = 4 }, "ChannelDimension is 4; features [5, 3, 5, 4] allow 0 (no channels) to 3");
        Refused(new() { ChannelDimension = -1 }, "ChannelDimension is -1");
        Refused(new() { Execution = new() { RowsPerPass = 0 } }, "RowsPerPass is 0; allowed: at least 1");
        Refused(new() { Execution = new() { MemoryBudget = 0 } }, "MemoryBudget is 0; allowed: at least 1");
        Refused(new() { Execution = new() { GpuDeviceId = 0 } }, "GpuDeviceId is 0, but the features lie on cpu: move the network there first");
        using var method = new Gradient();
        Assert.Contains("There are no rows", Assert.Throws<ArgumentException>(() => Linear.Explain(method, _network, _features[..0])).Message, StringComparison.Ordinal);
        Assert.Contains("'toy' gives Int64", Assert.Throws<ArgumentException>(() => Linear.Explain(method, _network, _features.to(int64))).Message, StringComparison.Ordinal);
        Assert.Empty(_network.Passes);

        void Refused(AttributionRequest request, string message)
        {
            using var asked = new Gradient();
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => Explain(asked, request)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Several_threads_share_a_method()
    {
        using var method = new Occlusion(2);
        using var expected = Explain(method);
        var rows = Toy.Dense(Row);
        Parallel.For(0, 4, _ =>
        {
            using var scope = NewDisposeScope();
            var own = new ToyNetwork(features => rows.Tail(features, null!));
            using var found = Linear.Explain(method, own, _features);
            Assert.True(found.Map.allclose(expected.Map));
        });
    }

    private sealed class NativeFailure() : ExternalException("DefaultCPUAllocator: can't allocate memory\n at stack");
}
