namespace Iba.Torch;

/// <summary>Passes over rows whose head has already run; remembers what fitted into memory.</summary>
internal sealed class ActivationPasses : IDisposable
{
    private readonly ExecutionOptions _options;
    private readonly ActivationLane _lane;
    private readonly Passes<ActivationLane> _passes;

    /// <param name="network">The network.</param>
    /// <param name="method">The method that explains the rows.</param>
    /// <param name="options">About the machine.</param>
    public ActivationPasses(SplitNetwork network, AttributionMethod method, ExecutionOptions options)
    {
        _options = options.Copy();
        _options.PassesAtOnce = 1;
        _lane = new ActivationLane(new PassMemory(network, method.VersionsPerRow));
        _passes = new Passes<ActivationLane>(_options, () => _lane);
    }

    /// <summary>At most this many rows fitted into a pass; null: as many as there were.</summary>
    public int? FittedRows => _passes.FittedRows;

    /// <summary>Computes the rows, part by part and in their order.</summary>
    /// <param name="activation">What the head computed.</param>
    /// <param name="pass">Computes a part of the rows, which begins at the row that it is told.</param>
    public void Run(Activation activation, Action<Activation, int> pass)
    {
        if (_options.MemoryBudget is not null) _lane.Weigh(activation);
        int[] rows = Enumerable.Range(0, (int)activation.Rows).ToArray();
        _passes.Run([rows], _options.RowsPerPass, activation.Features.device_type, _ => 1, (_, part) =>
        {
            using var slice = activation.Slice(part[0], part.Length);
            pass(slice, part[0]);
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _passes.Dispose();
}
