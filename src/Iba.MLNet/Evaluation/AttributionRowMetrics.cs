using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What was measured of one row's map. NaN where a number is not defined.</summary>
/// <param name="Row">The row's position in the view, from 0.</param>
/// <param name="Name">What the transformer's column of names says of it; null: there is none.</param>
/// <param name="Target">The class that was explained; -1 for a row that was not judged.</param>
/// <param name="Probability">Its probability, 0 to 1.</param>
/// <param name="DegradedProbability">Its probability after all tiles were replaced by the picture's mean.</param>
/// <param name="DegradationIntegral">See <see cref="DegradationCurves.Integral"/>; higher is better.</param>
/// <param name="DegradationIntegralUnnormalized">See <see cref="DegradationCurves.IntegralUnnormalized"/>; higher is better.</param>
/// <param name="InsertionArea">See <see cref="InsertionDeletionCurves.InsertionArea"/>; higher is better.</param>
/// <param name="DeletionArea">See <see cref="InsertionDeletionCurves.DeletionArea"/>; lower is better.</param>
/// <param name="Localization">How well the map finds the object; null where the row has none.</param>
public sealed record AttributionRowMetrics(
    long Row,
    string? Name,
    long Target,
    double Probability,
    double DegradedProbability,
    double DegradationIntegral,
    double DegradationIntegralUnnormalized,
    double InsertionArea,
    double DeletionArea,
    LocalizationScores? Localization)
{
    /// <summary>Whether the row was judged: it has a map without NaN, and a class.</summary>
    public bool IsJudged => Target >= 0;
}
