using System.Globalization;
using Iba.Torch;

namespace Iba.Jobs.Tests;

/// <summary>Stands for the network: a small map that depends on the row alone, now and then a failure, and rows that end the process.</summary>
/// <param name="duration">How long a row takes.</param>
/// <param name="killers">Rows that end the process.</param>
internal sealed class StubExplainer(TimeSpan duration, IReadOnlySet<long> killers) : IRowExplainer
{
    private const int Side = 4;
    private const int FailureEvery = 13;

    public string Processor => "none";

    public string TorchVersion => "none";

    public TailPrecision ComputedIn { get; init; }

    /// <summary>Mixed into every map: for a worker that computes otherwise than the others.</summary>
    public float Bias { get; init; }

    /// <summary>The rows that were asked for.</summary>
    public List<long> Asked { get; } = [];

    public IEnumerable<JobRow> Explain(IReadOnlyList<JobInput> inputs, CancellationToken cancellation)
    {
        foreach (var input in inputs)
        {
            cancellation.ThrowIfCancellationRequested();
            if (killers.Contains(input.Row)) Environment.FailFast($"Row {input.Row} ends the process.");
            if (duration > TimeSpan.Zero) Thread.Sleep(duration);
            Asked.Add(input.Row);
            yield return input.Row % FailureEvery == FailureEvery - 1 ? JobRow.Failed(input, "It cannot be read.") : Explain(input);
        }
    }

    public void Dispose()
    {
    }

    private JobRow Explain(JobInput input)
    {
        var random = new Random((int)input.Row);
        float[] map = [.. Enumerable.Range(0, Side * Side).Select(_ => (float)random.NextDouble() + Bias)];
        int target = random.Next(3);
        return new JobRow
        {
            Row = input.Row,
            Uri = input.Uri,
            Target = target,
            TargetName = target.ToString(CultureInfo.InvariantCulture),
            Predicted = target,
            Probability = (float)random.NextDouble(),
            ProbabilityWithBottleneck = (float)random.NextDouble(),
            Bits = map.Sum(),
            MapShape = [Side, Side],
            InputShape = [2 * Side, 2 * Side],
            Heatmap = map,
        };
    }
}
