namespace Iba.Torch;

/// <summary>How the noisy copies of a step are drawn.</summary>
public enum NoiseKind
{
    /// <summary>Each copy on its own, as in the paper.</summary>
    Independent,

    /// <summary>
    /// In pairs, each draw and its negative (antithetic variates), so that the mean of the noise over a step's copies is 0. The expectation is
    /// the same, and maps of different seeds differ less. With an odd number of copies the last one has no partner.
    /// </summary>
    Paired,
}
