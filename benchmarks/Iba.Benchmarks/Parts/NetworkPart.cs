namespace Iba.Benchmarks;

internal sealed class NetworkPart : IBenchmarkPart
{
    public string Name => "network";

    public string Run(BenchmarkSettings settings, string folder) => "";
}
