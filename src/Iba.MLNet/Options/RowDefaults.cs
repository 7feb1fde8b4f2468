namespace Iba.MLNet;

/// <summary>The defaults of <see cref="AttributionOptions"/> that are not a method's own.</summary>
internal static class RowDefaults
{
    public const int BatchSize = 8;
    public const int MaximumFitRows = 10_000;
}
