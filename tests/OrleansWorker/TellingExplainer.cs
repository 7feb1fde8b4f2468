using Iba.Jobs;
using Iba.Torch;

namespace OrleansWorker;

/// <summary>Says which shards are computed: a line when one is begun.</summary>
internal sealed class TellingExplainer(IRowExplainer explainer) : IRowExplainer
{
    public string Processor => explainer.Processor;

    public string TorchVersion => explainer.TorchVersion;

    public TailPrecision ComputedIn => explainer.ComputedIn;

    public IEnumerable<JobRow> Explain(IReadOnlyList<JobInput> inputs, CancellationToken cancellation)
    {
        Console.WriteLine($"begin {inputs[0].Row}");
        foreach (var row in explainer.Explain(inputs, cancellation)) yield return row;
    }

    public void Dispose() => explainer.Dispose();
}
