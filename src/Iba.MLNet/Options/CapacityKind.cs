namespace Iba.MLNet;

/// <summary>Which mask's capacity is reported.</summary>
public enum CapacityKind
{
    /// <summary>The finished mask, after the last update.</summary>
    FinishedMask = 0,

    /// <summary>The mask of the last forward pass, before the last update: what the paper's own implementation reports.</summary>
    LastForward = 1,
}
