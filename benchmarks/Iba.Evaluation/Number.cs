using Iba.Torch;

namespace Iba.Evaluation;

/// <summary>A number of the tables.</summary>
/// <param name="Title">The column's head.</param>
/// <param name="HigherIsBetter">Its direction.</param>
/// <param name="Of">The number of a row; NaN where it is not defined.</param>
internal sealed record Number(string Title, bool HigherIsBetter, Func<Measurement, double> Of)
{
    public static IReadOnlyList<Number> Pictures { get; } =
    [
        new("degradation 14", true, measurement => measurement.Degradation14?.Integral ?? double.NaN),
        new("degradation 8", true, measurement => measurement.Degradation8?.Integral ?? double.NaN),
        new("insertion", true, measurement => measurement.InsertionArea),
        new("deletion", false, measurement => measurement.DeletionArea),
        new("top share", true, measurement => measurement.TopShare ?? double.NaN),
        new("top share, small objects", true, measurement => measurement.AreaShare < 0.3 ? measurement.TopShare ?? double.NaN : double.NaN),
    ];

    public static IReadOnlyList<Number> Words { get; } =
    [
        new("insertion", true, measurement => measurement.InsertionArea),
        new("deletion", false, measurement => measurement.DeletionArea),
    ];

    public ConfidenceInterval Mean(ContenderResult result) => Bootstrap.Mean(result.Measurements.Select(Of));

    /// <summary>How one contender does against another: "won", "lost" or "equal", by whether the paired interval excludes 0.</summary>
    public (string Outcome, ConfidenceInterval Difference) Compare(ContenderResult one, ContenderResult other)
    {
        var difference = Bootstrap.MeanDifference([.. one.Measurements.Select(Of)], [.. other.Measurements.Select(Of)]);
        if (!difference.HasInterval || !difference.Excludes(0)) return ("equal", difference);
        return (difference.Value > 0 == HigherIsBetter ? "won" : "lost", difference);
    }
}
