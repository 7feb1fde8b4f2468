using Iba.Torch;

namespace Iba.MLNet;

/// <summary>The defaults of <see cref="IbaEstimator.Options"/>; the method's own come from <see cref="BottleneckOptions"/>.</summary>
internal static class IbaDefaults
{
    public const double Beta = 10;
    public const int Steps = 10;
    public const int NoiseCopies = 10;
    public const double LearningRate = 1;
    public const double InitialAlpha = 5;
    public const double Sigma = 1;
    public const double MinStd = 0.01;
    public const double ActiveThreshold = 0.01;
    public const int BatchSize = 8;
    public const int MaximumFitRows = 10_000;
}
