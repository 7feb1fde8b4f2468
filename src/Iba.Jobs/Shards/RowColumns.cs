using Iba.MLNet;

namespace Iba.Jobs;

/// <summary>The columns that a job has the explainer add, in place of those that it was fitted with.</summary>
internal static class RowColumns
{
    public const string Prefix = "Iba.Jobs.";
    public const string Failure = $"{Prefix}{nameof(OutputColumnKind.Failure)}";
    public const string Target = $"{Prefix}{nameof(OutputColumnKind.Target)}";
    public const string Scores = $"{Prefix}{nameof(OutputColumnKind.Scores)}";
    public const string ScoresWithBottleneck = $"{Prefix}{nameof(OutputColumnKind.ScoresWithBottleneck)}";
    public const string TotalBits = $"{Prefix}{nameof(OutputColumnKind.TotalBits)}";
    public const string MapShape = $"{Prefix}{nameof(OutputColumnKind.MapShape)}";
    public const string InputShape = $"{Prefix}{nameof(OutputColumnKind.InputShape)}";
    public const string Heatmap = $"{Prefix}{nameof(OutputColumnKind.Heatmap)}";

    /// <summary>The column of the classes to explain, where the source names them.</summary>
    public const string Label = $"{Prefix}Label";

    /// <summary>All that the explainer adds.</summary>
    public static OutputColumn[] All { get; } =
    [
        .. new[]
        {
            OutputColumnKind.Failure, OutputColumnKind.Target, OutputColumnKind.Scores, OutputColumnKind.ScoresWithBottleneck, OutputColumnKind.TotalBits,
            OutputColumnKind.MapShape, OutputColumnKind.InputShape, OutputColumnKind.Heatmap,
        }.Select(kind => new OutputColumn($"{Prefix}{kind}", kind)),
    ];
}
