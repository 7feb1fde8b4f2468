using System.Globalization;
using Iba.Jobs;

namespace Iba.Cli;

/// <summary>Rows of a job in words.</summary>
internal static class RowWords
{
    /// <summary>A class's name, or its number; null: none.</summary>
    public static string? Class(JobPlan plan, int? number)
        => number is not { } index ? null : index < plan.ClassNames.Count ? plan.ClassNames[index] : string.Create(CultureInfo.InvariantCulture, $"class {index}");

    /// <summary>Probability and bits.</summary>
    public static string Facts(JobRow row)
        => string.Create(CultureInfo.InvariantCulture, $"probability {row.Probability:F2}") + (row.Bits is { } bits ? string.Create(CultureInfo.InvariantCulture, $", {bits:N0} bits") : "");
}
