using Iba.Torch;

namespace Iba.Evaluation;

/// <summary>A number of the tables.</summary>
/// <param name="Title">The column's head.</param>
/// <param name="HigherIsBetter">Its direction.</param>
/// <param name="WhyLost">What a good map may lose it by.</param>
/// <param name="Of">The number of a row; NaN where it is not defined.</param>
internal sealed record Number(string Title, bool HigherIsBetter, string WhyLost, Func<Measurement, double> Of)
{
    private const string Tiles = "a method that hides windows measures what the test measures, the closer the more the windows are like the tiles; the bottleneck's noise at a layer is another question.";
    private const string Objects = "boxes ask for all of an object, the bottleneck marks what suffices for the class; late layers, and a centred Gaussian, fill large objects without knowing them.";
    private const string SingleWords = "the test takes words one by one; the bottleneck takes noise at all places at once, so that words which stand for each other share their bits.";

    public static IReadOnlyList<Number> Pictures { get; } =
    [
        new("degradation 14", true, Tiles, measurement => measurement.Degradation14?.Integral ?? double.NaN),
        new("degradation 8", true, Tiles, measurement => measurement.Degradation8?.Integral ?? double.NaN),
        new("insertion", true, "pixels come back into a blurred picture: smooth maps bring back whole parts at once, sharp ones holes.", measurement => measurement.InsertionArea),
        new("deletion", false, "single pixels are replaced: scattered maps spoil the whole picture with few of them, whatever they mark.", measurement => measurement.DeletionArea),
        new("top share", true, Objects, measurement => measurement.Localization?.Map.ExpectedTopShare ?? double.NaN),
        new("top share, small objects", true, Objects, measurement => measurement.Localization is { AreaShare: < 0.3 } scores ? scores.Map.ExpectedTopShare : double.NaN),
    ];

    public static IReadOnlyList<Number> Words { get; } =
    [
        new("insertion", true, SingleWords, measurement => measurement.InsertionArea),
        new("deletion", false, SingleWords, measurement => measurement.DeletionArea),
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
