namespace Iba.Torch;

/// <summary>The defaults of <see cref="BottleneckOptions"/>: the paper's (Schulz et al. 2020, section 3.2 and appendix).</summary>
internal static class BottleneckDefaults
{
    public const double Beta = 10;
    public const int Steps = 10;
    public const int NoiseCopies = 10;
    public const double LearningRate = 1;
    public const double InitialAlpha = 5;
    public const double Sigma = 1;
    public const double MinStd = 0.01;
}
