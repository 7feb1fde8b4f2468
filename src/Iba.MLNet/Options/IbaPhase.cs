namespace Iba.MLNet;

/// <summary>The two phases that take time.</summary>
public enum IbaPhase
{
    /// <summary>Measuring mean and deviation of the layer.</summary>
    Fitting = 0,

    /// <summary>Explaining rows.</summary>
    Explaining = 1,
}
