namespace Iba.MLNet;

/// <summary>The defaults of <see cref="IbaEstimator.Options"/> that are not the method's own.</summary>
internal static class IbaDefaults
{
    public const int BatchSize = 8;
    public const int MaximumFitRows = 10_000;
}
