namespace Iba.Torch;

/// <summary>A set of options, from the paper's to fewer passes. What is set explicitly beside it comes first. docs/speed.md has what each costs.</summary>
public enum IbaPreset
{
    /// <summary>The paper's: 10 steps of 10 copies with independent noise, 100 passes through the tail.</summary>
    Paper,

    /// <summary>
    /// Paired noise (<see cref="NoiseKind.Paired"/>), and fewer copies at first, where the mask has far to go: 2, 4, 4, 6, 6, 8, 8, 8, 10 and 10 over 10 steps, 66
    /// passes; the tail in bfloat16 where the machine and the network offer it (<see cref="TailPrecision.Auto"/>). Meant to agree with the mean over seeds as <see cref="Paper"/> does, which the chapter "frontier" of the benchmarks measures. Other numbers of
    /// steps have the copies in proportion.
    /// </summary>
    Fast,

    /// <summary>
    /// For browsing: paired noise, and still fewer copies: 2, 2, 2, 2, 4, 4, 6, 6, 8 and 10 over 10 steps, 46 passes; bfloat16 as with <see cref="Fast"/>. Other
    /// numbers of steps have the copies in proportion.
    /// </summary>
    Draft,
}
