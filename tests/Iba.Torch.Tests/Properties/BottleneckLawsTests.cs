using CsCheck;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>What holds for every network, image and option.</summary>
public sealed class BottleneckLawsTests
{
    private static readonly Gen<BottleneckOptions> AnyOptions =
        from beta in Gen.Double[0, 3].Select(exponent => Math.Pow(10, exponent) - 1)
        from steps in Gen.Int[1, 6]
        from copies in Gen.Int[1, 4]
        from rate in Gen.Double[0.05, 2]
        from alpha in Gen.Double[-6, 6]
        from sigma in Gen.OneOf(Gen.Const(0.0), Gen.Const(0.7), Gen.Const(1.0), Gen.Const(2.0))
        from clamp in Gen.Bool
        from seed in Gen.Long
        select new BottleneckOptions
        {
            Beta = beta,
            Steps = steps,
            NoiseCopies = copies,
            LearningRate = rate,
            InitialAlpha = alpha,
            Sigma = sigma,
            ClampToRelu = clamp,
            Seed = seed,
        };

    private static readonly Gen<long[]> AnyRow = Gen.Long[1, 6].Array[1, 3];

    [Fact]
    public void Capacity_is_finite_and_never_negative()
        => Gen.Select(AnyOptions, AnyRow, Gen.Int[1, 1000]).Sample(
            (options, row, seed) =>
            {
                using var scope = NewDisposeScope();
                using var statistics = Toy.Statistics(row);
                using var result = Toy.Explain(Toy.Dense(row), statistics, Toy.Random([2, .. row], seed) * 3, options);
                result.ThrowIfFailed();
                Assert.True(result.Capacity.ge(0).logical_and(result.LastForwardCapacity.ge(0)).all().item<bool>());
                Assert.True(result.Capacity.isfinite().all().item<bool>());
            },
            iter: 60);

    [Fact]
    public void A_row_does_not_depend_on_its_batch()
        => Gen.Select(AnyOptions, AnyRow, Gen.Shuffle(new long[] { 0, 1, 2, 3, 4 }), Gen.Int[0, 3]).Sample(
            (options, row, order, perPass) =>
            {
                using var scope = NewDisposeScope();
                using var statistics = Toy.Statistics(row);
                var network = Toy.Dense(row);

                // Adam's first steps enlarge float32's rounding of gradients near 0, which differs with the number of rows.
                var features = Toy.Random([5, .. row]).to_type(ScalarType.Float64);
                using var batch = Toy.Explain(network, statistics, features, options);
                options.MaxRowsPerPass = perPass;
                using var shuffled = Toy.Explain(network, statistics, features[tensor(order)], options);
                AssertSame(batch.Alpha[tensor(order)], shuffled.Alpha);
                AssertSame(batch.Capacity[tensor(order)], shuffled.Capacity);
                using var alone = Toy.Explain(network, statistics, features[2..3], options);
                AssertSame(batch.Capacity[2..3], alone.Capacity);
            },
            iter: 40);

    [Fact]
    public void The_same_call_gives_the_same_bits()
        => Gen.Select(AnyOptions, AnyRow).Sample(
            (options, row) =>
            {
                using var scope = NewDisposeScope();
                using var statistics = Toy.Statistics(row);
                var network = Toy.Dense(row);
                var features = Toy.Random([3, .. row]);
                using var bottleneck = new PerSampleBottleneck(network, statistics, options);
                using var activation = new Activation(features.alias(), []);
                using var first = bottleneck.Explain(activation);
                using var second = bottleneck.Explain(activation);
                using var other = Toy.Explain(network, statistics, features, options);
                foreach (var (one, two, three) in first.Tensors.Zip(second.Tensors, other.Tensors))
                {
                    Assert.True(one.eq(two).logical_and(one.eq(three)).all().item<bool>());
                }
            },
            iter: 30);

    [Fact]
    public void Permuted_channels_permute_the_capacity()
        => Gen.Select(AnyOptions, Gen.Shuffle(new long[] { 0, 1, 2, 3 }), Gen.Int[1, 1000]).Sample(
            (options, order, seed) =>
            {
                using var scope = NewDisposeScope();
                using var statistics = Toy.Statistics([4, 3, 5]);
                var permutation = tensor(order);
                var inverse = permutation.argsort();
                var network = Toy.Dense([4, 3, 5]);
                var noise = Toy.Random([options.Steps, options.NoiseCopies, 4, 3, 5], seed);
                var features = Toy.Random([2, 4, 3, 5], seed);
                using var expected = Explain(network, statistics, features, noise);
                using var permutedStatistics = new LayerStatistics(
                    statistics.Mean[permutation], statistics.Std[permutation], statistics.Active[permutation], 50, false, 1);
                var permutedNetwork = new ToyNetwork(rows => network.Tail(rows.index_select(1, inverse), null!));
                using var actual = Explain(permutedNetwork, permutedStatistics, features.index_select(1, permutation), noise.index_select(2, permutation));
                AssertSame(expected.Capacity.index_select(1, permutation), actual.Capacity);

                BottleneckResult Explain(SplitNetwork tail, LayerStatistics measured, Tensor given, Tensor drawn)
                {
                    using var bottleneck = new PerSampleBottleneck(tail, measured, options, new RecordedNoise(drawn));
                    using var activation = new Activation(given.alias(), []);
                    return bottleneck.Explain(activation);
                }
            },
            iter: 30);

    [Fact]
    public void Inactive_neurons_carry_no_bits_and_reach_the_tail_as_zeros()
        => Gen.Select(AnyOptions, Gen.Bool.Array[60]).Sample(
            (options, activity) =>
            {
                using var scope = NewDisposeScope();
                using var measured = Toy.Statistics([3, 4, 5]);
                var active = tensor(activity).view(3, 4, 5);
                using var statistics = new LayerStatistics(measured.Mean.clone(), measured.Std.clone(), active.clone(), 50, false, 1);
                var dense = Toy.Dense([3, 4, 5]);
                bool first = true;
                var network = new ToyNetwork(rows =>
                {
                    if (!first) Assert.Equal(0, Toy.Total(rows.masked_fill(active, 0).abs()));
                    first = false;
                    return dense.Tail(rows, null!);
                });
                using var result = Toy.Explain(network, statistics, Toy.Random([2, 3, 4, 5]), options);
                Assert.Equal(0, Toy.Total(result.Capacity.masked_fill(active, 0)));
                Assert.True(result.Capacity.masked_select(active.unsqueeze(0)).gt(0).all().item<bool>());
            },
            iter: 40);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_padded_sequence_is_explained_as_it_is_alone(int channelDimension)
        => Gen.Select(AnyOptions, Gen.Int[1, 12].Array[1, 4], Gen.Int[1, 1000]).Sample(
            (options, lengths, seed) =>
            {
                using var scope = NewDisposeScope();
                const long Channels = 3;
                const long Longest = 12;
                int along = 3 - channelDimension;
                using var statistics = Toy.Statistics(channelDimension == 1 ? [Channels, 7] : [7, Channels], channelDimension, perChannel: true);
                var features = Toy.Random(channelDimension == 1 ? [lengths.Length, Channels, Longest] : [lengths.Length, Longest, Channels], seed);
                var mask = arange(Longest).unsqueeze(0).lt(tensor(lengths).unsqueeze(1));
                var network = Toy.Pooled(Channels, channelDimension);

                // A tail that knows the mask, as an attention mask does: the padded positions do not count.
                var masked = new MaskedNetwork(network, channelDimension);
                using var activation = new Activation(features.clone(), [mask.clone()]);
                using var bottleneck = new PerSampleBottleneck(masked, statistics, options);
                using var batch = bottleneck.Explain(activation, mask: mask);
                batch.ThrowIfFailed();
                Assert.Equal(0, Toy.Total(batch.Capacity.masked_fill(mask.unsqueeze(channelDimension), 0)));
                for (int row = 0; row < lengths.Length; row++)
                {
                    var own = features.narrow(0, row, 1).narrow(along, 0, lengths[row]);
                    using var alone = Toy.Explain(network, statistics, own, options);
                    AssertSame(alone.Capacity, batch.Capacity.narrow(0, row, 1).narrow(along, 0, lengths[row]));
                    AssertSame(alone.Loss, batch.Loss.narrow(0, row, 1));
                }
            },
            iter: 30);

    [Fact]
    public void A_padded_image_is_smoothed_within_its_rectangle()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([3, 4, 4], perChannel: true);
        var features = Toy.Random([2, 3, 6, 8]);
        var mask = zeros(2, 6, 8, dtype: ScalarType.Bool);
        mask[0] = true;
        mask[1, ..4, ..5] = true;
        var untouched = features.clone();
        var wild = features.masked_fill(mask.unsqueeze(1).logical_not(), float.NaN);
        var network = new MaskedNetwork(Toy.Pooled(3, 1), 1);
        using var expected = Explain(untouched);
        using var actual = Explain(wild);
        AssertSame(expected.Capacity, actual.Capacity);

        BottleneckResult Explain(Tensor given)
        {
            using var bottleneck = new PerSampleBottleneck(network, statistics);
            using var activation = new Activation(given, [mask.clone()]);
            var result = bottleneck.Explain(activation, mask: mask);
            result.ThrowIfFailed();
            return result;
        }
    }

    private static void AssertSame(Tensor expected, Tensor actual) => Toy.AssertClose(expected, actual, 1e-4);

    /// <summary>Averages over the positions that the context's mask leaves.</summary>
    private sealed class MaskedNetwork(SplitNetwork network, int channelDimension) : SplitNetwork
    {
        public override LayerInfo Layer => network.Layer;

        public override OutputKind Output => network.Output;

        public override Activation Head(IReadOnlyList<Tensor> inputs) => network.Head(inputs);

        public override Tensor Tail(Tensor features, Activation origin)
        {
            long copies = features.shape[0] / origin.Rows;
            var mask = origin.Context[0].repeat_interleave(copies, 0);
            var outputs = new List<Tensor>();
            for (long row = 0; row < features.shape[0]; row++)
            {
                var positions = mask[row].flatten().nonzero().flatten();
                var flat = channelDimension == 1 ? features.narrow(0, row, 1).flatten(2) : features.narrow(0, row, 1);
                outputs.Add(network.Tail(flat.index_select(3 - channelDimension, positions), origin));
            }

            return cat(outputs, 0);
        }
    }
}
