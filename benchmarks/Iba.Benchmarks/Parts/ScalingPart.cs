namespace Iba.Benchmarks;

internal sealed class ScalingPart : IBenchmarkPart
{
    public string Name => "scaling";

    public string Run(BenchmarkSettings settings, string folder) => "";
}
