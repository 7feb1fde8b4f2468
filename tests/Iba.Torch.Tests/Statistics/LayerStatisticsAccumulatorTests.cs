using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class LayerStatisticsAccumulatorTests
{
    public static TheoryData<long[], int> FeatureShapes => new()
    {
        { [12, 3, 4, 5], 1 },
        { [12, 3, 7], 1 },
        { [12, 7, 3], 2 },
        { [12, 5], 1 },
    };

    [Theory]
    [MemberData(nameof(FeatureShapes))]
    public void Per_neuron_it_matches_a_two_pass_computation(long[] shape, int channelDimension)
    {
        using var scope = NewDisposeScope();
        var features = Random(shape);
        using var statistics = Measure([features], channelDimension, perChannel: false);
        var exact = features.to_type(ScalarType.Float64);
        AssertEqual(exact.mean([0]), statistics.Mean);
        AssertEqual(exact.std([0L], unbiased: true), statistics.Std);
        Assert.Equal(shape[1..], statistics.Mean.shape);
        Assert.False(statistics.PerChannel);
        Assert.Equal(channelDimension, statistics.ChannelDimension);
    }

    [Theory]
    [MemberData(nameof(FeatureShapes))]
    public void Per_channel_it_matches_a_two_pass_computation_over_all_positions(long[] shape, int channelDimension)
    {
        using var scope = NewDisposeScope();
        var features = Random(shape);
        using var statistics = Measure(features.split(5), channelDimension, perChannel: true);
        var channels = features.to_type(ScalarType.Float64).movedim([channelDimension], [0]).flatten(1);
        AssertEqual(channels.mean([1]), statistics.Mean.flatten());
        AssertEqual(channels.std([1L], unbiased: true), statistics.Std.flatten());
        long[] expected = [.. Enumerable.Range(1, shape.Length - 1).Select(d => d == channelDimension ? shape[d] : 1)];
        Assert.Equal(expected, statistics.Mean.shape);
        Assert.Equal(shape[0], statistics.Count);
    }

    [Fact]
    public void Any_split_into_batches_gives_the_statistics_of_the_whole()
        => Gen.Select(Gen.Int[1, 9].List[2, 6], Gen.Bool, Gen.Int[0, 1000]).Sample(
            (sizes, perChannel, seed) =>
            {
                using var scope = NewDisposeScope();
                var features = Random([sizes.Sum(), 3, 4], seed);
                using var whole = Measure([features], 1, perChannel);
                using var parts = Measure(features.split([.. sizes.Select(size => (long)size)]), 1, perChannel);
                AssertEqual(whole.Mean, parts.Mean);
                AssertEqual(whole.Std, parts.Std);
                Assert.True(whole.Active.equal(parts.Active).all().item<bool>());
                Assert.Equal(whole.Count, parts.Count);
            },
            iter: 60);

    [Fact]
    public void Merged_and_saved_states_give_the_statistics_of_the_whole()
        => Gen.Select(Gen.Int[0, 8], Gen.Int[2, 8], Gen.Bool, Gen.Int[0, 1000]).Sample(
            (first, second, perChannel, seed) =>
            {
                using var scope = NewDisposeScope();
                var features = Random([first + second, 3, 4], seed);
                using var whole = Measure([features], 1, perChannel);
                using var left = new LayerStatisticsAccumulator(1, perChannel);
                if (first > 0) left.Add(features[..first]);
                using var right = new LayerStatisticsAccumulator(1, perChannel);
                right.Add(features[first..]);
                using var loaded = Reload(left);
                using var other = Reload(right);
                loaded.Merge(other);
                using var merged = loaded.ToStatistics();
                AssertEqual(whole.Mean, merged.Mean);
                AssertEqual(whole.Std, merged.Std);
                Assert.Equal(whole.Count, merged.Count);
            },
            iter: 60);

    [Fact]
    public void Batches_may_come_in_inference_mode_and_outside_of_it()
    {
        using var scope = NewDisposeScope();
        using var accumulator = new LayerStatisticsAccumulator();
        using (inference_mode()) accumulator.Add(ones(2, 3));
        accumulator.Add(zeros(2, 3));
        using var statistics = accumulator.ToStatistics();
        Assert.Equal(0.5, statistics.Mean.mean().item<float>(), 1e-6);
    }

    [Fact]
    public void A_large_offset_costs_no_accuracy()
    {
        using var scope = NewDisposeScope();
        var small = Random([200, 4]).mul_(0.5).to_type(ScalarType.Float64);
        using var accumulator = new LayerStatisticsAccumulator();
        foreach (var batch in (small + 1e6).split(17)) accumulator.Add(batch);
        using var statistics = accumulator.ToStatistics();
        AssertEqual(small.std([0L], unbiased: true), statistics.Std);
    }

    [Fact]
    public void Padding_is_left_out_whatever_it_holds()
    {
        using var scope = NewDisposeScope();
        var features = Random([3, 5, 2]);
        using var alone = new LayerStatisticsAccumulator(2, perChannel: true);
        alone.Add(features[..1, ..2]);
        alone.Add(features[1..2, ..5]);
        alone.Add(features[2..3, ..1]);
        using var expected = alone.ToStatistics();

        var padded = features.clone();
        padded[0, 2..] = float.NaN;
        padded[2, 1..] = 1e9f;
        var mask = arange(5).unsqueeze(0).lt(tensor(new long[] { 2, 5, 1 }).unsqueeze(1));
        using var batched = new LayerStatisticsAccumulator(2, perChannel: true);
        batched.Add(padded, mask);
        using var statistics = batched.ToStatistics();
        AssertEqual(expected.Mean, statistics.Mean);
        AssertEqual(expected.Std, statistics.Std);
        Assert.Equal(3, statistics.Count);
    }

    [Fact]
    public void A_neuron_is_active_above_the_threshold_only()
    {
        using var scope = NewDisposeScope();
        var features = zeros(100, 3);
        features[..1, 1] = 5;
        features[..2, 2] = -5;
        using var accumulator = new LayerStatisticsAccumulator();
        accumulator.Add(features);
        using var byDefault = accumulator.ToStatistics();
        using var strict = accumulator.ToStatistics(0.02);
        using var any = accumulator.ToStatistics(0);
        Assert.Equal([false, false, true], byDefault.Active.data<bool>().ToArray());
        Assert.Equal([false, false, false], strict.Active.data<bool>().ToArray());
        Assert.Equal([false, true, true], any.Active.data<bool>().ToArray());
    }

    [Fact]
    public void A_dead_channel_has_no_deviation_and_no_NaN()
    {
        using var scope = NewDisposeScope();
        var features = Random([8, 2, 3, 3]);
        features[TensorIndex.Colon, 0] = 0;
        using var statistics = Measure(features.split(1), 1, perChannel: false);
        Assert.Equal(0, statistics.Std[0].abs().max().item<float>());
        Assert.False(statistics.Active[0].any().item<bool>());
        Assert.True(statistics.Active[1].all().item<bool>());
    }

    [Fact]
    public void One_row_has_no_deviation()
    {
        using var scope = NewDisposeScope();
        using var accumulator = new LayerStatisticsAccumulator();
        Assert.Contains("0 measured from 0 rows", Assert.Throws<InvalidOperationException>(() => accumulator.ToStatistics()).Message);
        accumulator.Add(Random([1, 3, 2, 2]));
        Assert.Contains("at least 2 rows", Assert.Throws<InvalidOperationException>(() => accumulator.ToStatistics()).Message);
    }

    [Fact]
    public void One_row_of_several_positions_has_a_deviation_per_channel()
    {
        using var scope = NewDisposeScope();
        using var statistics = Measure([Random([1, 3, 2, 2])], 1, perChannel: true);
        Assert.True(statistics.Std.gt(0).all().item<bool>());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_row_that_is_not_finite_is_named_and_its_batch_left_out(float wrong)
    {
        using var scope = NewDisposeScope();
        using var accumulator = new LayerStatisticsAccumulator();
        accumulator.Add(Random([4, 3]));
        var features = Random([5, 3], seed: 2);
        features[2, 1] = wrong;
        var error = Assert.Throws<ArgumentException>(() => accumulator.Add(features));
        Assert.Contains("in row 2 of this batch of 5, which starts at row 4", error.Message);
        Assert.Equal(4, accumulator.Count);
        using var statistics = accumulator.ToStatistics();
        Assert.True(statistics.Mean.isfinite().all().item<bool>());
    }

    [Fact]
    public void Rows_of_another_size_are_refused_per_neuron_and_welcome_per_channel()
    {
        using var scope = NewDisposeScope();
        using var perNeuron = new LayerStatisticsAccumulator();
        perNeuron.Add(Random([2, 3, 4, 4]));
        var error = Assert.Throws<ArgumentException>(() => perNeuron.Add(Random([2, 3, 5, 5])));
        Assert.Contains("[3, 5, 5]", error.Message);
        Assert.Contains("measure per channel", error.Message);
        using var perChannel = Measure([Random([2, 3, 4, 4]), Random([2, 3, 5, 5])], 1, perChannel: true);
        Assert.Equal(4, perChannel.Count);
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        using var scope = NewDisposeScope();
        using var accumulator = new LayerStatisticsAccumulator();
        using var tokens = new LayerStatisticsAccumulator(2, perChannel: true);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LayerStatisticsAccumulator(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => accumulator.ToStatistics(1.5));
        Assert.Contains("Int64", Assert.Throws<ArgumentException>(() => accumulator.Add(zeros(2, 3, dtype: ScalarType.Int64))).Message);
        Assert.Throws<ArgumentException>(() => accumulator.Add(zeros(2, 3), ones(2, dtype: ScalarType.Bool)));
        Assert.Throws<ArgumentException>(() => tokens.Add(zeros(2, 3)));
        Assert.Contains("need Bool [2, 4]", Assert.Throws<ArgumentException>(() => tokens.Add(zeros(2, 4, 3), ones(2, 3, dtype: ScalarType.Bool))).Message);
        Assert.Throws<ArgumentException>(() => accumulator.Merge(tokens));
    }

    [Fact]
    public void A_saved_state_that_is_cut_off_is_refused()
    {
        using var scope = NewDisposeScope();
        using var accumulator = new LayerStatisticsAccumulator();
        accumulator.Add(Random([4, 3]));
        byte[] bytes = Bytes(accumulator);
        for (int length = 0; length < bytes.Length; length++)
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, 0, length));
            Assert.Throws<InvalidDataException>(() => LayerStatisticsAccumulator.Load(reader));
        }
    }

    [Fact]
    public void No_tensor_outlives_it()
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var features = Random([6, 3, 4]))
        using (Measure([features, features], 1, perChannel: false))
        using (Measure([features, features], 1, perChannel: true))
        {
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static LayerStatistics Measure(IEnumerable<Tensor> batches, int channelDimension, bool perChannel)
    {
        using var accumulator = new LayerStatisticsAccumulator(channelDimension, perChannel);
        foreach (var batch in batches) accumulator.Add(batch);
        return accumulator.ToStatistics();
    }

    private static LayerStatisticsAccumulator Reload(LayerStatisticsAccumulator accumulator)
    {
        using var reader = new BinaryReader(new MemoryStream(Bytes(accumulator)));
        return LayerStatisticsAccumulator.Load(reader);
    }

    private static byte[] Bytes(LayerStatisticsAccumulator accumulator)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        accumulator.Save(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static Tensor Random(long[] shape, int seed = 1)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, generator: generator);
    }

    private static void AssertEqual(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        double difference = (expected - actual).abs().max().to_type(ScalarType.Float64).item<double>();
        Assert.True(difference <= 1e-6, $"Differs by {difference}.");
    }
}
