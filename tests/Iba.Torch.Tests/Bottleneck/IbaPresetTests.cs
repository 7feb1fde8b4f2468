using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class IbaPresetTests
{
    private static readonly long[] Row = [3, 5, 4];

    public static TheoryData<IbaPreset, int, double, double, int[]> Copies => new()
    {
        { IbaPreset.Paper, 10, 5, 1, [10, 10, 10, 10, 10, 10, 10, 10, 10, 10] },
        { IbaPreset.Fast, 10, 5, 1, [1, 1, 1, 2, 4, 10, 10, 8, 4, 2] },
        { IbaPreset.Draft, 10, 5, 1, [1, 1, 1, 1, 2, 6, 6, 4, 2, 1] },

        // Copies are of where alpha is, not of the step's number.
        { IbaPreset.Fast, 14, 5, 1, [1, 1, 1, 2, 4, 10, 10, 8, 4, 2, 2, 2, 2, 2] },
        { IbaPreset.Draft, 3, 5, 1, [1, 1, 1] },
        { IbaPreset.Fast, 9, 2.5, 0.5, [1, 2, 2, 4, 4, 10, 10, 10, 10] },
        { IbaPreset.Fast, 4, -60, 1e6, [2, 2, 2, 2] },
        { IbaPreset.Draft, 4, 60, 30, [1, 1, 6, 1] },
    };

    [Theory]
    [MemberData(nameof(Copies))]
    public void Each_step_takes_the_copies_that_the_preset_says(IbaPreset preset, int steps, double initialAlpha, double learningRate, int[] copies)
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var network = Toy.Dense(Row);
        var options = new BottleneckOptions { Preset = preset, Steps = steps, InitialAlpha = initialAlpha, LearningRate = learningRate };
        using var result = Toy.Explain(network, statistics, Toy.Random([1, .. Row]), options);
        Assert.Equal([1, .. copies.Select(count => (long)count)], network.Passes);
        Assert.Equal(preset == IbaPreset.Paper ? null : copies, options.CopiesPerStep);
        Assert.Equal((copies.Max(), copies.Max()), (options.NoiseCopies, options.MostCopies));
        Assert.Equal(preset == IbaPreset.Paper ? (NoiseKind.Independent, TailPrecision.Float32) : (NoiseKind.Paired, TailPrecision.Auto), (options.Noise, options.TailPrecision));
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(5, double.PositiveInfinity)]
    public void A_number_that_is_none_is_refused_with_a_preset_too(double initialAlpha, double learningRate)
    {
        using var statistics = Toy.Statistics(Row);
        var options = new BottleneckOptions { Preset = IbaPreset.Fast, InitialAlpha = initialAlpha, LearningRate = learningRate };
        Assert.Throws<ArgumentOutOfRangeException>(() => new PerSampleBottleneck(statistics, options));
    }

    [Fact]
    public void What_is_set_comes_before_the_preset_in_whatever_order()
    {
        var before = new BottleneckOptions { NoiseCopies = 3, Noise = NoiseKind.Independent, Preset = IbaPreset.Draft };
        var after = new BottleneckOptions { Preset = IbaPreset.Draft };
        after.Noise = NoiseKind.Independent;
        after.NoiseCopies = 3;
        Assert.All([before, after], options => Assert.Equal((3, NoiseKind.Independent, null), (options.NoiseCopies, options.Noise, options.CopiesPerStep)));
        Assert.Equal([1, 1, 2], new BottleneckOptions { NoiseCopies = 3, Steps = 3, CopiesPerStep = [1, 1, 2] }.CopiesPerStep);
    }

    [Fact]
    public void Equal_numbers_are_the_bits_of_one_number()
    {
        using var scope = NewDisposeScope();
        using var one = Explain(new() { Steps = 4, NoiseCopies = 3 });
        using var each = Explain(new() { Steps = 4, CopiesPerStep = [3, 3, 3, 3] });
        Assert.Equal(one.Map, each.Map);
    }

    [Theory]
    [InlineData(IbaPreset.Fast)]
    [InlineData(IbaPreset.Draft)]
    public void A_row_has_the_same_bits_at_every_call(IbaPreset preset)
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row, perChannel: true);
        using var bottleneck = new PerSampleBottleneck(Toy.Pooled(Row[0], 1), statistics, new() { Preset = preset });
        using var fresh = Explain(bottleneck, Toy.Random([1, .. Row]));
        using var other = Explain(bottleneck, Toy.Random([1, 3, 2, 6]));
        using var kept = Explain(bottleneck, Toy.Random([1, .. Row]));
        using var again = new PerSampleBottleneck(Toy.Pooled(Row[0], 1), statistics, new() { Preset = preset });
        using var anew = Explain(again, Toy.Random([1, .. Row]));
        Assert.Equal(fresh.Map, kept.Map);
        Assert.Equal(fresh.Map, anew.Map);
    }

    [Theory]
    [InlineData(IbaPreset.Paper)]
    [InlineData(IbaPreset.Fast)]
    [InlineData(IbaPreset.Draft)]
    public void What_a_preset_stood_for_is_saved(IbaPreset preset)
    {
        var options = new BottleneckOptions { Preset = preset, Steps = 8, LearningRate = 0.5 };
        byte[] saved = Saved(options);
        using var reader = new BinaryReader(new MemoryStream(saved));
        var loaded = BottleneckOptions.Load(reader);
        Assert.Equal((options.NoiseCopies, options.Noise, 8, 0.5), (loaded.NoiseCopies, loaded.Noise, loaded.Steps, loaded.LearningRate));
        Assert.Equal(options.CopiesPerStep, loaded.CopiesPerStep);
        Assert.Equal(saved, Saved(loaded));
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_file_with_another_number_of_copies_than_steps_is_refused(int count)
    {
        byte[] saved = Saved(new() { Steps = 2, CopiesPerStep = [1, 2] });
        BitConverter.TryWriteBytes(saved.AsSpan(12), count); // behind beta and steps
        using var reader = new BinaryReader(new MemoryStream(saved));
        Assert.Throws<ArgumentOutOfRangeException>(() => BottleneckOptions.Load(reader));
    }

    private static BottleneckResult Explain(BottleneckOptions options)
    {
        using var statistics = Toy.Statistics(Row);
        return Toy.Explain(Toy.Dense(Row), statistics, Toy.Random([2, .. Row]), options);
    }

    private static BottleneckResult Explain(PerSampleBottleneck bottleneck, Tensor features)
    {
        using var activation = new Activation(features.alias(), []);
        return bottleneck.Explain(activation);
    }

    private static byte[] Saved(BottleneckOptions options)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true)) options.Save(writer);
        return stream.ToArray();
    }
}
