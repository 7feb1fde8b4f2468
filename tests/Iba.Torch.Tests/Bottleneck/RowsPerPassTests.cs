using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>How many rows of a <see cref="PerSampleBottleneck"/> share a pass, and what happens when memory runs out.</summary>
public sealed class RowsPerPassTests
{
    private static readonly long[] Row = [3, 5, 4];

    [Fact]
    public void Rows_go_through_the_tail_in_passes_of_the_size_asked_for()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([5, .. Row]);
        var network = Toy.Dense(Row);
        var options = new BottleneckOptions { Steps = 1 };
        using var together = Toy.Explain(network, statistics, features, options);
        Assert.Equal([5, 50], network.Passes);
        network.Passes.Clear();
        options.MaxRowsPerPass = 2;
        using var inParts = Toy.Explain(network, statistics, features, options);
        Assert.Equal([2, 20, 2, 20, 1, 10], network.Passes);
        Toy.AssertClose(together.Capacity, inParts.Capacity);
        Assert.Equal([5, 1], inParts.Loss.shape);
    }

    [Theory]
    [InlineData(0, new long[] { 5, 50 })]
    [InlineData(130_000, new long[] { 2, 20, 2, 20, 1, 10 })] // A row takes 10 copies of 1000 bytes, a quarter more, and 16 times 60 floats.
    [InlineData(60_000, new long[] { 1, 10, 1, 10, 1, 10, 1, 10, 1, 10 })]
    [InlineData(1, new long[] { 1, 10, 1, 10, 1, 10, 1, 10, 1, 10 })]
    public void A_memory_budget_bounds_the_rows_of_a_pass(long budget, long[] passes)
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([5, .. Row]);
        var network = Toy.Dense(Row);
        network.BytesPerVersion = 1000;
        using var expected = Toy.Explain(Toy.Dense(Row), statistics, features, new() { Steps = 1 });
        using var result = Toy.Explain(network, statistics, features, new() { Steps = 1, MemoryBudget = budget });
        Assert.Equal(passes, network.Passes);
        Toy.AssertClose(expected.Capacity, result.Capacity);
    }

    [Fact]
    public void Larger_rows_are_weighed_anew()
    {
        using var scope = NewDisposeScope();
        var network = Toy.Pooled(channels: 2, channelDimension: 1);
        var memory = new PassMemory(network, versions: 3);
        Assert.Equal(3 * (1250 + (64 * 8)), Weigh(4, bytes: 1000));
        Assert.Equal(3 * (2500 + (64 * 16)), Weigh(8, bytes: 2000));
        Assert.Equal(3 * (1250 + (64 * 8)), Weigh(4, bytes: 9000)); // In proportion to the largest.

        long Weigh(long positions, long bytes)
        {
            network.BytesPerVersion = bytes;
            using var activation = new Activation(zeros(2, 2, positions), []);
            return (long)memory.BytesPerRow(activation);
        }
    }

    [Fact]
    public void Out_of_memory_halves_the_rows_of_a_pass()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([7, .. Row]);
        var dense = Toy.Dense(Row);
        var small = new ToyNetwork(rows => rows.shape[0] > 20 ? throw new NativeFailure("CUDA out of memory.\n at stack") : dense.Tail(rows, null!));
        using var expected = Toy.Explain(dense, statistics, features);
        using var actual = Toy.Explain(small, statistics, features);
        Toy.AssertClose(expected.Capacity, actual.Capacity);
        Assert.Equal(20, small.Passes.Where(rows => rows <= 20).Max());
    }

    [Fact]
    public void Out_of_memory_is_remembered_and_found_inside_a_networks_own_error()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var dense = Toy.Dense(Row);
        var small = new ToyNetwork(rows => rows.shape[0] > 20
            ? throw new InvalidDataException("Node 'Conv_3' failed.", new NativeFailure("DefaultCPUAllocator: can't allocate memory"))
            : dense.Tail(rows, null!));
        using var bottleneck = new PerSampleBottleneck(small, statistics, new() { MaxRowsPerPass = 6 });
        using var activation = new Activation(Toy.Random([7, .. Row]), []);
        Assert.Equal(6, bottleneck.RowsPerPass);
        bottleneck.Explain(activation).Dispose();
        Assert.Equal(2, bottleneck.RowsPerPass);
        small.Passes.Clear();
        bottleneck.Explain(activation).Dispose();
        Assert.Equal(20, small.Passes.Max());
    }

    [Fact]
    public void A_trial_that_finds_no_memory_is_repeated()
    {
        using var scope = NewDisposeScope();
        var network = Toy.Pooled(channels: 2, channelDimension: 1);
        var memory = new PassMemory(network, versions: 3);
        using var activation = new Activation(zeros(2, 2, 4), []);
        network.BytesPerVersion = -1;
        Assert.Throws<InvalidOperationException>(() => memory.BytesPerRow(activation));
        network.BytesPerVersion = 1000;
        Assert.Equal(3 * (1250 + (64 * 8)), memory.BytesPerRow(activation));
    }

    [Fact]
    public void Out_of_memory_for_one_row_is_a_clear_error()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var network = new ToyNetwork(_ => throw new NativeFailure("DefaultCPUAllocator: can't allocate memory\n at stack"));
        var error = Assert.Throws<InvalidOperationException>(() => Toy.Explain(network, statistics, Toy.Random([2, .. Row])));
        Assert.Contains("NoiseCopies", error.Message);
    }

    [Fact]
    public void Copies_that_no_memory_holds_are_refused_before_the_system_ends_the_process()
    {
        using var scope = NewDisposeScope();
        long[] row = [2, 300, 300]; // 180,000 features: 2 TB for a million copies of noise, noisy features and gradient
        using var statistics = Toy.Statistics(row);
        var network = Toy.Dense(row);
        var error = Assert.Throws<InvalidOperationException>(() => Toy.Explain(network, statistics, Toy.Random([1, .. row]), new() { NoiseCopies = 1_000_000 }));
        Assert.Contains("with 1000000 noise copies", error.Message);
        Assert.Empty(network.Passes);
    }

    private sealed class NativeFailure(string message) : ExternalException(message);
}
