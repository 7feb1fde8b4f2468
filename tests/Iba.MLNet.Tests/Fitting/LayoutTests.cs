using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests.Fitting;

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
            var expected = Heatmap.FromCapacity(toChannelsFirst(tensor(row.Capacity).view([1, .. features])), 1, size).data<float>().ToArray();
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
        Assert.Contains(_warnings, message => message.Contains("channels: 3 by habit", StringComparison.Ordinal));
        _warnings.Clear();
        AssertMaps(Explain(network, [12, 12, 3], options => options.ChannelDimension = 1), [6, 6, 6], capacity => capacity, 12, 12);
        Assert.DoesNotContain(_warnings, message => message.Contains("habit", StringComparison.Ordinal));
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
