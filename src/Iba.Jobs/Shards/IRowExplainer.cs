using Iba.Torch;

namespace Iba.Jobs;

/// <summary>Explains rows of a job, each as if it were alone.</summary>
internal interface IRowExplainer : IDisposable
{
    /// <summary>What computes: a processor's or a device's name.</summary>
    string Processor { get; }

    /// <summary>The version of libtorch that computes.</summary>
    string TorchVersion { get; }

    /// <summary>What the network behind a layer is computed in here.</summary>
    TailPrecision ComputedIn { get; }

    /// <summary>Explains rows, one after the other.</summary>
    /// <param name="inputs">The rows, with numbers that follow each other.</param>
    /// <param name="cancellation">Asked before every row.</param>
    /// <returns>One for each input, in their order; what cannot be explained as a failure.</returns>
    IEnumerable<JobRow> Explain(IReadOnlyList<JobInput> inputs, CancellationToken cancellation);
}
