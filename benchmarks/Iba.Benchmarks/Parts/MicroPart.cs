namespace Iba.Benchmarks;

internal sealed class MicroPart : IBenchmarkPart
{
    public string Name => "micro";

    public string Run(BenchmarkSettings settings, string folder) => "";
}
