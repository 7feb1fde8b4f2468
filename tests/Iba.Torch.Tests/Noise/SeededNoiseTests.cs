using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class SeededNoiseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_sequence_sees_the_same_noise_alone_as_in_a_longer_one(int channelDimension)
    {
        using var scope = NewDisposeScope();
        using var source = new SeededNoise(7);
        const long Channels = 3;
        using var longest = Draw(source, 40);
        for (long length = 1; length <= 40; length++)
        {
            var alone = Draw(source, length);
            Assert.True(alone.eq(longest.narrow(channelDimension == 2 ? 2 : 3, 0, length)).all().item<bool>(), $"Length {length} differs.");
        }

        Tensor Draw(NoiseSource noise, long length)
            => noise.Draw(3, copies: 5, channelDimension == 2 ? [length, Channels] : [Channels, length], channelDimension, ScalarType.Float32, CPU).clone();
    }

    [Fact]
    public void Noise_is_normal_and_independent_of_step_copy_and_channel()
    {
        using var scope = NewDisposeScope();
        using var source = new SeededNoise(1);
        var noise = stack([.. Enumerable.Range(0, 4).Select(step => source.Draw(step, 6, [8, 12, 12], 1, ScalarType.Float32, CPU))]);
        Assert.Equal([4, 1, 6, 8, 12, 12], noise.shape);
        Assert.Equal(0, noise.mean().item<float>(), 0.02f);
        Assert.Equal(1, noise.std().item<float>(), 0.02f);
        var correlation = noise.view(4 * 6 * 8, 144).corrcoef() - eye(4 * 6 * 8);
        Assert.InRange(correlation.abs().max().item<float>(), 0, 0.5f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void Paired_copies_are_draws_and_their_negatives(int copies)
    {
        using var scope = NewDisposeScope();
        using var independent = new SeededNoise(2);
        using var paired = new SeededNoise(2, NoiseKind.Paired);
        var drawn = independent.Draw(1, (copies + 1) / 2, [3, 5], 1, ScalarType.Float32, CPU);
        var noise = paired.Draw(1, copies, [3, 5], 1, ScalarType.Float32, CPU);
        Assert.Equal([1, copies, 3, 5], noise.shape);
        for (int copy = 0; copy < copies; copy++)
        {
            var expected = drawn.select(1, copy / 2) * (copy % 2 == 0 ? 1 : -1);
            Assert.Equal(expected.data<float>().ToArray(), noise.select(1, copy).contiguous().data<float>().ToArray());
        }
    }

    [Fact]
    public void Seeds_that_differ_in_high_bits_differ()
    {
        using var scope = NewDisposeScope();
        using var one = new SeededNoise(5);
        using var other = new SeededNoise(5 + (1L << 33));
        Assert.NotEqual(Numbers(one), Numbers(other));

        static float[] Numbers(NoiseSource source) => source.Draw(0, 1, [4], 1, ScalarType.Float32, CPU).data<float>().ToArray();
    }

    [Fact]
    public void Threads_that_share_a_source_see_the_noise_that_one_thread_sees()
    {
        using var alone = new SeededNoise(3);
        using var shared = new SeededNoise(3);
        Parallel.For(0, 200, i =>
        {
            using var scope = NewDisposeScope();
            long[] row = [2, 5 + (i % 3)];
            float[] found = shared.Draw(i % 4, 2, row, 1, ScalarType.Float32, CPU).data<float>().ToArray();
            float[] expected;
            lock (alone) expected = alone.Draw(i % 4, 2, row, 1, ScalarType.Float32, CPU).data<float>().ToArray();
            Assert.Equal(expected, found);
        });
    }

    [Fact]
    public void Noise_is_kept_within_its_bound_and_given_back()
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var source = new SeededNoise(5, maxCachedBytes: 2 * 4 * 64))
        {
            using (NewDisposeScope())
            {
                for (int step = 0; step < 5; step++)
                {
                    float[] first = source.Draw(step, 1, [64], 1, ScalarType.Float32, CPU).data<float>().ToArray();
                    Assert.Equal(first, source.Draw(step, 1, [64], 1, ScalarType.Float32, CPU).data<float>().ToArray());
                }
            }

            Assert.Equal(before + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
