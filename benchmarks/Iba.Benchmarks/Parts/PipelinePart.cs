namespace Iba.Benchmarks;

internal sealed class PipelinePart : IBenchmarkPart
{
    public string Name => "pipeline";

    public string Run(BenchmarkSettings settings, string folder) => "";
}
