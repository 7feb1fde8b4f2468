using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class LayerStatisticsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Saved_statistics_load_bit_by_bit(bool perChannel)
    {
        using var scope = NewDisposeScope();
        using var statistics = Make(perChannel);
        using var reader = new BinaryReader(new MemoryStream(Bytes(statistics)));
        using var loaded = LayerStatistics.Load(reader);
        Assert.Equal(statistics.Mean.shape, loaded.Mean.shape);
        Assert.Equal(statistics.Mean.data<float>().ToArray(), loaded.Mean.data<float>().ToArray());
        Assert.Equal(statistics.Std.data<float>().ToArray(), loaded.Std.data<float>().ToArray());
        Assert.Equal(statistics.Active.data<bool>().ToArray(), loaded.Active.data<bool>().ToArray());
        Assert.Equal((statistics.Count, perChannel, 1), (loaded.Count, loaded.PerChannel, loaded.ChannelDimension));
    }

    [Fact]
    public void Statistics_that_are_cut_off_are_refused()
    {
        using var scope = NewDisposeScope();
        using var statistics = Make(perChannel: false);
        byte[] bytes = Bytes(statistics);
        for (int length = 0; length < bytes.Length; length++)
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, 0, length));
            Assert.Throws<InvalidDataException>(() => LayerStatistics.Load(reader));
        }
    }

    [Fact]
    public void Tampered_statistics_load_or_are_refused_as_invalid_data()
    {
        using var statistics = Make(perChannel: false);
        byte[] bytes = Bytes(statistics);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample(
            (position, value) =>
            {
                byte[] tampered = [.. bytes];
                tampered[position] = value;
                using var reader = new BinaryReader(new MemoryStream(tampered));
                try
                {
                    using var loaded = LayerStatistics.Load(reader);
                    Assert.True(loaded.Mean.isfinite().all().item<bool>());
                    Assert.True(loaded.Std.ge(0).all().item<bool>());
                }
                catch (InvalidDataException)
                {
                    // The other way in which tampering may end.
                }
            },
            iter: 2000);
    }

    [Fact]
    public void A_newer_format_is_named()
    {
        using var statistics = Make(perChannel: false);
        byte[] bytes = Bytes(statistics);
        bytes[4] = 2;
        using var reader = new BinaryReader(new MemoryStream(bytes));
        Assert.Contains("version 2", Assert.Throws<InvalidDataException>(() => LayerStatistics.Load(reader)).Message);
    }

    [Fact]
    public void A_promise_of_a_huge_shape_takes_no_memory()
    {
        using var statistics = Make(perChannel: false);
        byte[] bytes = Bytes(statistics);
        const int FirstDimension = 4 + 4 + 1 + 4 + 8 + 4;
        BitConverter.TryWriteBytes(bytes.AsSpan(FirstDimension), 1L << 22);
        using var reader = new BinaryReader(new MemoryStream(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => LayerStatistics.Load(reader));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Theory]
    [InlineData(0, float.NaN, "mean that is not finite")]
    [InlineData(0, -3e38f, "mean of 3E+38")]
    [InlineData(1, float.NaN, "deviation that is negative or not finite")]
    [InlineData(1, -1f, "deviation that is negative or not finite")]
    [InlineData(1, 3e38f, "deviation of 3E+38, too large to compute with")]
    [InlineData(1, 1e18f, "expected less than 1E+18")]
    public void Values_that_cannot_be_computed_with_are_refused_by_name(int part, float value, string problem)
    {
        using var statistics = Make(perChannel: false);
        byte[] bytes = Bytes(statistics);
        const int Values = 4 + 4 + 1 + 4 + 8 + 4 + (3 * 8);
        BitConverter.TryWriteBytes(bytes.AsSpan(Values + (part * 4 * 24) + 20), value);
        Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => LayerStatistics.Load(new MemoryStream(bytes))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_do_not_fit_together_are_refused()
    {
        using var scope = NewDisposeScope();
        var (mean, active) = (zeros(3, 4), ones(3, 4, dtype: ScalarType.Bool));
        Assert.Throws<ArgumentException>(() => new LayerStatistics(mean, zeros(3), active, 5, false, 1));
        Assert.Throws<ArgumentException>(() => new LayerStatistics(mean, zeros_like(mean), zeros(3, 4), 5, false, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LayerStatistics(mean, zeros_like(mean), active, 5, false, 3));
    }

    [Fact]
    public void A_copy_on_a_device_is_independent()
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var statistics = Make(perChannel: false))
        {
            float[] mean = statistics.Mean.data<float>().ToArray();
            using var copy = statistics.To(CPU);
            statistics.Dispose();
            Assert.Equal(mean, copy.Mean.data<float>().ToArray());
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static LayerStatistics Make(bool perChannel)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var accumulator = new LayerStatisticsAccumulator(1, perChannel);
        accumulator.Add(randn([6, 2, 3, 4], generator: generator).relu());
        return accumulator.ToStatistics(0.5);
    }

    private static byte[] Bytes(LayerStatistics statistics)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        statistics.Save(writer);
        writer.Flush();
        return stream.ToArray();
    }
}
