using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>Options whose cost is held against what their maps are worth.</summary>
/// <param name="Name">As table and picture show it.</param>
/// <param name="Make">Makes the options for a seed.</param>
/// <param name="Seeds">With how many seeds it is measured, at least 2.</param>
internal sealed record FrontierSetting(string Name, Func<long, BottleneckOptions> Make, int Seeds = FrontierSetting.FewSeeds)
{
    private const int FewSeeds = 3;
    private const int ManySeeds = 10;

    /// <summary>The settings of the chapter; the first is the paper's, which the others are held against.</summary>
    public static FrontierSetting[] All { get; } =
    [
        new("Paper", seed => new() { Seed = seed }, ManySeeds),
        new("Fast", seed => new() { Seed = seed, Preset = IbaPreset.Fast }, ManySeeds),
        new("Draft", seed => new() { Seed = seed, Preset = IbaPreset.Draft }, ManySeeds),
        new("paired, K = 10", seed => new() { Seed = seed, Noise = NoiseKind.Paired }, ManySeeds),
        new("peak of 37", seed => new() { Seed = seed, Noise = NoiseKind.Paired, CopiesPerStep = [1, 1, 1, 2, 4, 8, 8, 6, 4, 2] }, ManySeeds),
        new("rising, 66", seed => new() { Seed = seed, Noise = NoiseKind.Paired, CopiesPerStep = [2, 4, 4, 6, 6, 8, 8, 8, 10, 10] }),
        new("rising, 46", seed => new() { Seed = seed, Noise = NoiseKind.Paired, CopiesPerStep = [2, 2, 2, 2, 4, 4, 6, 6, 8, 10] }),
        new("paired, K = 6", seed => new() { Seed = seed, Noise = NoiseKind.Paired, NoiseCopies = 6 }),
        new("independent, K = 6", seed => new() { Seed = seed, NoiseCopies = 6 }),
        new("paired, K = 4", seed => new() { Seed = seed, Noise = NoiseKind.Paired, NoiseCopies = 4 }),
        new("paired, K = 2", seed => new() { Seed = seed, Noise = NoiseKind.Paired, NoiseCopies = 2 }),
        new("paired, K = 6, T = 8", seed => new() { Seed = seed, Noise = NoiseKind.Paired, NoiseCopies = 6, Steps = 8 }),
    ];

    /// <summary>Settings for machines that offer bfloat16: <c>Fast</c> and <c>Draft</c> take it by themselves there.</summary>
    public static FrontierSetting[] BFloat16 { get; } =
    [
        new("Paper, bfloat16", seed => new() { Seed = seed, TailPrecision = TailPrecision.BFloat16 }),
        new("Fast, float32", seed => new() { Seed = seed, Preset = IbaPreset.Fast, TailPrecision = TailPrecision.Float32 }, ManySeeds),
        new("Draft, float32", seed => new() { Seed = seed, Preset = IbaPreset.Draft, TailPrecision = TailPrecision.Float32 }, ManySeeds),
    ];

    /// <summary>How many rows go through the tail for one map.</summary>
    public int TailPasses
    {
        get
        {
            var options = Make(0);
            return options.CopiesPerStep?.Sum() ?? options.Steps * options.NoiseCopies;
        }
    }
}
