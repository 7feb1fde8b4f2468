using System.Text.Json.Serialization;
using Iba.Torch;

namespace Iba.Evaluation;

/// <summary>What was measured of one row under one method.</summary>
/// <param name="Row">The row's name.</param>
/// <param name="Target">The class that was explained.</param>
/// <param name="Seconds">The processor time for the map.</param>
/// <param name="Degradation14">The degradation test with tiles of 14 x 14; null for words.</param>
/// <param name="Degradation8">The same with tiles of 8 x 8.</param>
/// <param name="InsertionArea">The area under the insertion curve.</param>
/// <param name="DeletionArea">The area under the deletion curve.</param>
internal sealed record Measurement(
    string Row, long Target, double Seconds, CurvePair? Degradation14, CurvePair? Degradation8, double InsertionArea, double DeletionArea)
{
    /// <summary>How the map lies on the object; null where no object is known. Not stored: it costs little once the map is there.</summary>
    [JsonIgnore]
    public LocalizationScores? Localization { get; init; }
}

/// <summary>The curves of a degradation test.</summary>
/// <param name="Counts">How many tiles are replaced.</param>
/// <param name="MostRelevantFirst">The target's probability.</param>
/// <param name="LeastRelevantFirst">The target's probability.</param>
/// <param name="Integral">The normalised area between them; null where it is not defined.</param>
internal sealed record CurvePair(int[] Counts, double[] MostRelevantFirst, double[] LeastRelevantFirst, double? Integral);
