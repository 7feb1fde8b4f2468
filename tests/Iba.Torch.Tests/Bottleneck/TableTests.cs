using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Features without channels: each value is a position, as the columns of a table.</summary>
public sealed class TableTests
{
    private const int Columns = 5;

    [Fact]
    public void Bits_are_at_the_columns_that_the_tail_reads_and_are_their_capacity()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([Columns], channelDimension: 0);
        using var result = Toy.Explain(Reads(1, 3), statistics, Toy.Random([4, Columns]) + 1, new() { Beta = 0.05, Steps = 20 });
        result.ThrowIfFailed();

        Assert.Equal([4, Columns], result.Map.shape);
        Toy.AssertClose(result.Capacity / Math.Log(2), result.Map);
        var map = result.Map.to_type(ScalarType.Float32);
        var read = map[.., TensorIndex.Tensor(tensor(new[] { 1L, 3L }))];
        Assert.True((read.sum() / map.sum()).item<float>() > 0.9);
        Assert.Equal(map.data<float>().ToArray(), result.ToMap(Columns).to_type(ScalarType.Float32).data<float>().ToArray());
    }

    [Fact]
    public void Pictures_without_channels_are_smoothed_over_their_positions()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([6, 7], channelDimension: 0);
        using var channels = Toy.Statistics([1, 6, 7]);
        var features = Toy.Random([2, 6, 7]);
        using var result = Toy.Explain(Toy.Dense([6, 7]), statistics, features, new() { Beta = 1, Sigma = 1 });
        using var expected = Toy.Explain(Toy.Dense([1, 6, 7]), channels, features.unsqueeze(1), new() { Beta = 1, Sigma = 1 });
        Assert.Equal([2, 6, 7], result.Map.shape);
        // The same noise, statistics and network: one channel and none are one thing.
        Toy.AssertClose(expected.Map, result.Map);
    }

    [Fact]
    public void The_information_of_a_row_is_the_mean_over_the_columns_that_exist()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([Columns], channelDimension: 0);
        var exists = tensor(new[,] { { true, true, true, true, true }, { true, false, true, false, false }, { false, false, false, false, true } });
        var flow = new RestrictedFlow(Toy.Random([3, Columns]), statistics, new(), exists);
        var mask = flow.Lambda(Toy.Random([3, Columns], seed: 4));
        var capacity = flow.Capacity(mask);
        Toy.AssertClose(capacity.masked_fill(exists.logical_not(), 0).sum(1) / exists.sum(1), flow.Information(mask));
    }

    [Fact]
    public void Statistics_say_that_there_are_no_channels_and_none_are_per_channel()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([Columns], channelDimension: 0);
        using var stream = new MemoryStream();
        statistics.Save(new BinaryWriter(stream));
        using var loaded = LayerStatistics.Load(new BinaryReader(new MemoryStream(stream.ToArray())));
        Assert.Equal((0, false), (loaded.ChannelDimension, loaded.PerChannel));
        Assert.Equal(statistics.Std.data<float>().ToArray(), loaded.Std.data<float>().ToArray());

        Assert.Throws<ArgumentOutOfRangeException>(() => new LayerStatisticsAccumulator(0, perChannel: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LayerStatisticsAccumulator(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LayerStatistics(statistics.Mean, statistics.Std, statistics.Active, 5, perChannel: true, channelDimension: 0));
        using var accumulator = new LayerStatisticsAccumulator(0);
        using var other = new LayerStatisticsAccumulator(1);
        Assert.Contains("no channels", Assert.Throws<ArgumentException>(() => accumulator.Merge(other)).Message, StringComparison.Ordinal);

        using var parts = new MemoryStream();
        accumulator.Add(Toy.Random([7, Columns]));
        accumulator.Save(new BinaryWriter(parts));
        using var again = LayerStatisticsAccumulator.Load(new BinaryReader(new MemoryStream(parts.ToArray())));
        using var measured = again.ToStatistics();
        Assert.Equal((0, 7), (measured.ChannelDimension, measured.Count));
    }

    [Fact]
    public void A_readout_which_weighs_channels_takes_no_table()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReadoutMeasurement(fixture.Cut, channelDimension: 0));

        using var statistics = Toy.Statistics([Columns], channelDimension: 0);
        using var stream = new MemoryStream();
        statistics.Save(new BinaryWriter(stream));
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var error = Assert.Throws<InvalidDataException>(() => LayerStatistics.LoadWithChannels(new BinaryReader(new MemoryStream(stream.ToArray()))));
        Assert.Contains("without channels", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Rows_of_another_width_are_refused()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([Columns], channelDimension: 0);
        var error = Assert.Throws<ArgumentException>(() => Toy.Explain(Reads(0), statistics, Toy.Random([2, Columns + 1])));
        Assert.Contains("[2, 6]", error.Message, StringComparison.Ordinal);
    }

    private static ToyNetwork Reads(params long[] columns)
        => new(features => features.index_select(1, tensor(columns)).sum(1, keepdim: true) * tensor(new[] { 2f, -2f }));
}
