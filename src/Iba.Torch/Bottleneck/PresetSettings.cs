namespace Iba.Torch;

/// <summary>What an <see cref="IbaPreset"/> stands for.</summary>
/// <param name="NoiseCopies">Noisy copies of each step; with a ramp the most of a step.</param>
/// <param name="Noise">How noise is drawn.</param>
/// <param name="Ramp">The copies of each tenth of the steps; null: always the same.</param>
/// <param name="TailPrecision">What the tail is computed in.</param>
internal sealed record PresetSettings(int NoiseCopies, NoiseKind Noise, IReadOnlyList<int>? Ramp, TailPrecision TailPrecision)
{
    private static readonly PresetSettings Paper = new(BottleneckDefaults.NoiseCopies, NoiseKind.Independent, null, TailPrecision.Float32);
    private static readonly PresetSettings Fast = new(10, NoiseKind.Paired, [2, 4, 4, 6, 6, 8, 8, 8, 10, 10], TailPrecision.Auto);
    private static readonly PresetSettings Draft = new(10, NoiseKind.Paired, [2, 2, 2, 2, 4, 4, 6, 6, 8, 10], TailPrecision.Auto);

    /// <summary>The settings of a preset; of one that does not exist those of <see cref="IbaPreset.Paper"/>, as long as nobody checked it.</summary>
    public static PresetSettings Of(IbaPreset preset) => preset switch
    {
        IbaPreset.Fast => Fast,
        IbaPreset.Draft => Draft,
        _ => Paper,
    };

    /// <summary>The copies of a step of so many.</summary>
    public int CopiesOf(int step, int steps) => Ramp is null ? NoiseCopies : Ramp[(int)((long)step * Ramp.Count / steps)];

    /// <summary>The copies of each of so many steps; null: always the same.</summary>
    public int[]? CopiesPerStep(int steps) => Ramp is null ? null : [.. Enumerable.Range(0, Math.Max(0, steps)).Select(step => CopiesOf(step, steps))];
}
