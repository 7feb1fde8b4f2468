namespace Iba.Torch;

/// <summary>What an <see cref="IbaPreset"/> stands for.</summary>
/// <param name="NoiseCopies">Noisy copies of each step; with a ramp the most that a step has.</param>
/// <param name="Noise">How noise is drawn.</param>
/// <param name="Ramp">
/// The copies of a step by where alpha is on its way, from <see cref="HighestAlpha"/> and above, by steps of 1, to
/// <see cref="LowestAlpha"/> and below; null: always the same.
/// </param>
/// <param name="TailPrecision">What the tail is computed in.</param>
internal sealed record PresetSettings(int NoiseCopies, NoiseKind Noise, IReadOnlyList<int>? Ramp, TailPrecision TailPrecision)
{
    private const int HighestAlpha = 3, LowestAlpha = -4;

    private static readonly PresetSettings Paper = new(BottleneckDefaults.NoiseCopies, NoiseKind.Independent, null, TailPrecision.Float32);
    private static readonly PresetSettings Fast = new(10, NoiseKind.Paired, [1, 2, 4, 10, 10, 8, 4, 2], TailPrecision.Auto);
    private static readonly PresetSettings Draft = new(6, NoiseKind.Paired, [1, 1, 2, 6, 6, 4, 2, 1], TailPrecision.Auto);

    /// <summary>The settings of a preset; of one that does not exist those of <see cref="IbaPreset.Paper"/>, as long as nobody checked it.</summary>
    public static PresetSettings Of(IbaPreset preset) => preset switch
    {
        IbaPreset.Fast => Fast,
        IbaPreset.Draft => Draft,
        _ => Paper,
    };

    /// <summary>The copies of a step.</summary>
    /// <param name="step">0 to T - 1.</param>
    /// <param name="initialAlpha">Where alpha starts.</param>
    /// <param name="learningRate">How far Adam takes it in a step, where nothing holds it back.</param>
    public int CopiesOf(int step, double initialAlpha, double learningRate)
    {
        if (Ramp is null) return NoiseCopies;

        // A step's noise moves the map by how much noise there is and by how much is decided by it: little where nearly everything passes
        // (alpha 2 and above), most where half of it does, and little again where what was not held back has gone.
        double nearest = Math.Floor(initialAlpha - (learningRate * step) + 0.5);
        return Ramp[HighestAlpha - (int)Math.Clamp(nearest, LowestAlpha, HighestAlpha)];
    }

    /// <summary>The copies of each of so many steps; null: always the same.</summary>
    /// <param name="steps">T.</param>
    /// <param name="initialAlpha">Where alpha starts.</param>
    /// <param name="learningRate">How far Adam takes it in a step, where nothing holds it back.</param>
    public int[]? CopiesPerStep(int steps, double initialAlpha, double learningRate)
        => Ramp is null ? null : [.. Enumerable.Range(0, Math.Max(0, steps)).Select(step => CopiesOf(step, initialAlpha, learningRate))];
}
