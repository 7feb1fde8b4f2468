using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Inputs and layers of every layout, from the column to the map.</summary>
public sealed class LayoutTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly List<string> _infos, _warnings;

    public LayoutTests() => (_infos, _warnings) = (_ml.Listen("Info"), _ml.Listen("Warning"));

    public void Dispose() => _scope.Dispose();

    private ExplainedRow[] Explain(Network network, int[] row, Action<IbaEstimator.Options>? change = null)
    {
        var definition = SchemaDefinition.Create(typeof(PixelRow));
        definition["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, row);
        var random = new Random(4);
        var data = _ml.Data.LoadFromEnumerable(PixelRow.Make(6).Select(pixels => new PixelRow
        {
            Pixels = Enumerable.Range(0, row.Aggregate(1, (product, size) => product * size)).Select(_ => (float)random.NextDouble()).ToArray(),
        }), definition);
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            CapacityColumnName = "Capacity",
            TotalBitsColumnName = "Bits",
            Network = network,
            Layer = "features",
            Seed = 5,
            Steps = 3,
            NoiseCopies = 2,
        };
        change?.Invoke(options);
        using var transformer = _ml.Transforms.Iba(options).Fit(data);
        return _ml.Read(transformer.Transform(data));
    }

    /// <summary>That every row's map is that of its capacity, seen as a picture or a line of positions.</summary>
    private static void AssertMaps(ExplainedRow[] rows, long[] features, Func<Tensor, Tensor> toChannelsFirst, params long[] size)
    {
        using var scope = NewDisposeScope();
        foreach (var row in rows)
        {
            float[] expected = Heatmap.FromCapacity(toChannelsFirst(tensor(row.Capacity).view([1, .. features])), 1, size).data<float>().ToArray();
            Assert.Equal(expected.Length, row.Heatmap.Length);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], row.Heatmap[i], 1e-5 * expected.Max());
        }
    }

    [Fact]
    public void A_layer_with_channels_last_over_an_odd_picture()
    {
        using var network = FunctionNetwork.Create([25, 30, 3], x => cat([x, x, x], 3).slice(1, 0, 25, 2).slice(2, 0, 30, 2), [1, 2], 9);
        AssertMaps(Explain(network, [25, 30, 3]), [13, 15, 9], capacity => capacity.permute(0, 3, 1, 2), 25, 30);
        Assert.Contains(_infos, message => message.Contains("13, 15, 9]: channels in dimension 3, positions 13 x 15 over an input of 25 x 30", StringComparison.Ordinal));
        Assert.DoesNotContain(_warnings, message => message.Contains("ChannelDimension", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cube_is_read_as_the_input_and_warned_of()
    {
        using var network = FunctionNetwork.Create([12, 12, 3], x => cat([x, x], 3).slice(1, 0, 12, 2).slice(2, 0, 12, 2), [1, 2], 6);
        AssertMaps(Explain(network, [12, 12, 3]), [6, 6, 6], capacity => capacity.permute(0, 3, 1, 2), 12, 12);
        Assert.Contains(_warnings, message => message.Contains("channels: 3 is taken", StringComparison.Ordinal));
        _warnings.Clear();
        AssertMaps(Explain(network, [12, 12, 3], options => options.ChannelDimension = 1), [6, 6, 6], capacity => capacity, 12, 12);
        Assert.DoesNotContain(_warnings, message => message.Contains("is taken", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(2, null)]
    [InlineData(2, 2)]
    [InlineData(null, 2)]
    public void A_sequence_with_its_features_last(int? channelDimension, int? inputChannelDimension)
    {
        using var network = FunctionNetwork.Create([20, 4], x => cat([x, x], 2), [1], 8);
        var rows = Explain(network, [20, 4], options => (options.ChannelDimension, options.InputChannelDimension) = (channelDimension, inputChannelDimension));
        AssertMaps(rows, [20, 8], capacity => capacity.transpose(1, 2), 20);
        Assert.Contains(_infos, message => message.Contains("20, 8]: channels in dimension 2, positions 20 over an input of 20 with channels in dimension 2", StringComparison.Ordinal));
        Assert.DoesNotContain(_warnings, message => message.Contains("is taken", StringComparison.Ordinal));
    }

    [Fact]
    public void A_signal_with_its_channels_first()
    {
        using var network = FunctionNetwork.Create([4, 20], x => cat([x, x], 1), [2], 8);
        AssertMaps(Explain(network, [4, 20]), [8, 20], capacity => capacity, 20);
        Assert.DoesNotContain(_warnings, message => message.Contains("is taken", StringComparison.Ordinal));
    }

    [Fact]
    public void What_fits_both_ways_is_warned_of_and_chosen_by_the_option()
    {
        using var network = FunctionNetwork.Create([20, 12], x => x, [1], 12);
        AssertMaps(Explain(network, [20, 12]), [20, 12], capacity => capacity.transpose(1, 2), 20);
        Assert.Contains(_warnings, message => message.Contains("InputChannelDimension", StringComparison.Ordinal));
        AssertMaps(
            Explain(network, [20, 12], options => (options.ChannelDimension, options.InputChannelDimension) = (1, 1)), [20, 12], capacity => capacity, 12);
    }

    [Fact]
    public void A_picture_of_four_channels_that_come_last()
    {
        using var network = FunctionNetwork.Create([24, 24, 4], x => x.permute(0, 3, 1, 2).slice(2, 0, 24, 2).slice(3, 0, 24, 2), [2, 3], 4);
        AssertMaps(Explain(network, [24, 24, 4]), [4, 12, 12], capacity => capacity, 24, 24);
    }

    // What the library tells by itself may be said to it as an option.
    [Theory]
    [InlineData(false, null, null)]
    [InlineData(false, 1, 1)]
    [InlineData(true, null, null)]
    [InlineData(true, 4, 4)]
    public void A_volume_with_its_channels_first_or_last(bool last, int? inputChannelDimension, int? channelDimension)
    {
        using var network = FunctionNetwork.Create(
            last ? [8, 16, 12, 2] : [2, 8, 16, 12],
            x => last ? cat([x, x, x], 4)[TensorIndex.Colon, TensorIndex.Slice(0, 8, 2), TensorIndex.Slice(0, 16, 2), TensorIndex.Slice(0, 12, 2)]
                : cat([x, x, x], 1).slice(2, 0, 8, 2).slice(3, 0, 16, 2).slice(4, 0, 12, 2),
            last ? [1, 2, 3] : [2, 3, 4], 6);
        var rows = Explain(
            network, last ? [8, 16, 12, 2] : [2, 8, 16, 12],
            options => (options.InputChannelDimension, options.ChannelDimension) = (inputChannelDimension, channelDimension));
        AssertMaps(rows, last ? [4, 8, 6, 6] : [6, 4, 8, 6], capacity => last ? capacity.permute(0, 4, 1, 2, 3) : capacity, 8, 16, 12);
        Assert.DoesNotContain(_warnings, message => message.Contains("is taken", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    public void A_volume_without_channels(int? inputChannelDimension)
    {
        using var network = FunctionNetwork.Create(
            [8, 16, 12], x => x.unsqueeze(1).expand(-1, 5, -1, -1, -1).slice(2, 0, 8, 2).slice(3, 0, 16, 2).slice(4, 0, 12, 2), [2, 3, 4], 5);
        AssertMaps(Explain(network, [8, 16, 12], options => options.InputChannelDimension = inputChannelDimension), [5, 4, 8, 6], capacity => capacity, 8, 16, 12);
    }

    // The network's rows, the column's, and what the options say they are.
    [Theory]
    [InlineData(new long[] { 12, 12 }, new[] { 12, 12 }, null)]
    [InlineData(new long[] { 144 }, new[] { 12, 12 }, null)]
    [InlineData(new long[] { 144 }, new[] { 144 }, new[] { 12, 12 })]
    [InlineData(new long[] { 144 }, new[] { 144 }, new[] { 1, 12, 12 })]
    [InlineData(new long[] { 144 }, new[] { 1, 12, 12 }, null)]
    [InlineData(new long[] { 144 }, new[] { 144 }, new[] { 12, 12, 1 })]
    [InlineData(new long[] { 1, 12, 12 }, new[] { 144 }, new[] { 12, 12 })]
    public void A_picture_without_channels_or_in_a_flat_row(long[] network, int[] column, int[]? given)
    {
        using var function = FunctionNetwork.Create(network, x => x.reshape(-1, 1, 12, 12).expand(-1, 5, -1, -1).slice(2, 0, 12, 2).slice(3, 0, 12, 2), [2, 3], 5);
        AssertMaps(Explain(function, column, options => options.InputShape = given), [5, 6, 6], capacity => capacity, 12, 12);
        Assert.Contains(_infos, message => message.Contains("positions 6 x 6 over an input of 12 x 12", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dense_layer_over_a_square_gives_an_even_map_of_it()
    {
        using var network = FunctionNetwork.Create([12, 12], x => x.flatten(1)[.., ..7], [], 7);
        AssertMaps(Explain(network, [12, 12]), [7], capacity => capacity, 12, 12);
        Assert.Contains(_warnings, message => message.Contains("InputChannelDimension", StringComparison.Ordinal));
    }

    // Converted one-dimensional convolutions have [N, C, 1, L].
    [Fact]
    public void Positions_in_a_line_of_two_dimensions_are_no_picture()
    {
        using var network = FunctionNetwork.Create([20, 4], x => x.transpose(1, 2).unsqueeze(2)[.., .., .., 1..19], [2, 3], 4);
        var failure = Assert.ThrowsAny<InvalidOperationException>(() => Explain(network, [20, 4]));
        Assert.Contains("cannot be laid over", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, new[] { 20, 4 })]
    [InlineData(1, new[] { 80 })]
    [InlineData(0, new[] { 2, 5, 8, 3 })]
    public void A_dimension_that_leaves_no_positions_is_refused(int inputChannelDimension, int[] row)
    {
        using var network = FunctionNetwork.Create(row.Select(size => (long)size).ToArray(), x => x.flatten(1)[.., ..4].unsqueeze(1), [1], 4);
        var failure = Assert.ThrowsAny<ArgumentException>(() => Explain(network, row, options => options.InputChannelDimension = inputChannelDimension));
        Assert.Contains("InputChannelDimension", failure.Message, StringComparison.Ordinal);
        Assert.Contains(string.Join(", ", row), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flat_row_under_a_layer_with_a_picture_s_positions_asks_for_the_picture_s_size()
    {
        using var network = FunctionNetwork.Create([144], x => x.reshape(-1, 1, 12, 12), [2, 3], 1);
        var failure = Assert.ThrowsAny<InvalidOperationException>(() => Explain(network, [144]));
        Assert.Contains("InputShape", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_order_of_the_declared_dimensions_is_refused()
    {
        using var network = FunctionNetwork.Create([3, 12, 12], x => x, [2, 3], 3);
        var failure = Assert.ThrowsAny<InvalidOperationException>(() => Explain(network, [432], options => options.InputShape = [12, 12, 3]));
        Assert.Contains("[12, 12, 3]", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(13, null)]
    [InlineData(36, 1)]
    public void Positions_flattened_from_a_picture(int channels, int? channelDimension)
    {
        using var network = FunctionNetwork.Create(
            [3, 24, 24], x => cat(Enumerable.Repeat(x, 12).ToArray(), 1)[.., ..channels].slice(2, 0, 24, 4).slice(3, 0, 24, 4).flatten(2), [2], channels);
        var rows = Explain(network, [3, 24, 24], options => options.ChannelDimension = channelDimension);
        AssertMaps(rows, [channels, 36], capacity => capacity.view(1, channels, 6, 6), 24, 24);
        Assert.Contains(_infos, message => message.Contains("channels in dimension 1, 36 tokens with a grid of 6 x 6 over an input of 24 x 24", StringComparison.Ordinal));
    }
}
