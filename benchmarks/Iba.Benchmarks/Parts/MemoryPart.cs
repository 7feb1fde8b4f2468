namespace Iba.Benchmarks;

internal sealed class MemoryPart : IBenchmarkPart
{
    public string Name => "memory";

    public string Run(BenchmarkSettings settings, string folder) => "";
}
