namespace Iba.Torch;

/// <summary>A set of options, from the paper's to fewer passes. What is set explicitly beside it comes first. docs/speed.md has what each costs.</summary>
public enum IbaPreset
{
    /// <summary>The paper's: 10 steps of 10 copies with independent noise, 100 passes through the tail.</summary>
    Paper,

    /// <summary>
    /// Paired noise (<see cref="NoiseKind.Paired"/>), and many copies only of the steps whose noise moves the map, those in which about half of a feature passes:
    /// 1, 1, 1, 2, 4, 10, 10, 8, 4 and 2 over 10 steps, 43 passes. The tail is computed in bfloat16 where the machine and the network offer it
    /// (<see cref="TailPrecision.Auto"/>). Meant to agree with the mean over seeds as <see cref="Paper"/> does, which the chapter "frontier" of the benchmarks measures.
    /// </summary>
    /// <remarks>
    /// The copies follow <see cref="BottleneckOptions.InitialAlpha"/> less <see cref="BottleneckOptions.LearningRate"/> for each step before: 1 from 2.5 up, 2 from
    /// 1.5, 4 from 0.5, 10 from -1.5, 8 from -2.5, 4 from -3.5, and 2 below.
    /// </remarks>
    Fast,

    /// <summary>
    /// For browsing: paired noise, and 1, 1, 1, 1, 2, 6, 6, 4, 2 and 1 copies over 10 steps, 25 passes; bfloat16 as with <see cref="Fast"/>. Maps of it differ more
    /// between seeds.
    /// </summary>
    /// <remarks>The copies follow alpha as with <see cref="Fast"/>: 1 from 1.5 up, 2 from 0.5, 6 from -1.5, 4 from -2.5, 2 from -3.5, and 1 below.</remarks>
    Draft,
}
