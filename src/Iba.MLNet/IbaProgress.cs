namespace Iba.MLNet;

/// <summary>How far a fit or an explanation has come.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Rows">The number of rows done: of this fit, or of this cursor over the explained rows.</param>
/// <param name="TotalRows">The number of rows to do, where it is known.</param>
public readonly record struct IbaProgress(IbaPhase Phase, long Rows, long? TotalRows);

/// <summary>The two phases that take time.</summary>
public enum IbaPhase
{
    /// <summary>Measuring mean and deviation of the layer.</summary>
    Fitting = 0,

    /// <summary>Explaining rows.</summary>
    Explaining = 1,
}
