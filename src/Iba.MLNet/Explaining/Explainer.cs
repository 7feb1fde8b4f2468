using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>
/// The network cut at the layer, with its statistics: explains rows. Safe for use from several threads, which take turns: a network
/// computes for one of them at a time, on lanes of its own.
/// </summary>
internal sealed class Explainer : IDisposable
{
    private readonly IHost _host;
    private readonly IbaSettings _settings;
    private readonly Network _network;
    private readonly bool _ownsNetwork;
    private readonly LayerStatistics _statistics;
    private bool _warned;
    private bool _disposed;

    /// <param name="host">For messages and cancellation.</param>
    /// <param name="settings">What Fit decided.</param>
    /// <param name="network">The network, on the device where it is to run.</param>
    /// <param name="ownsNetwork">Whether the network is disposed with this.</param>
    /// <param name="statistics">Owned.</param>
    public Explainer(IHost host, IbaSettings settings, Network network, bool ownsNetwork, LayerStatistics statistics)
    {
        _host = host;
        _settings = settings;
        _network = network;
        _ownsNetwork = ownsNetwork;
        _statistics = statistics;
        Lanes = new Lanes(host, settings, network, statistics, WarnOfMemory);
    }

    /// <summary>The number of rows that Fit measured.</summary>
    public long MeasuredRows => _statistics.Count;

    /// <summary>The format of the network, see <see cref="Network.Format"/>.</summary>
    public string NetworkFormat => _network.Format;

    /// <summary>The network's inputs.</summary>
    public IReadOnlyList<NetworkInput> Inputs => _network.Inputs;

    /// <summary>What computes the rows.</summary>
    public Lanes Lanes { get; }

    /// <inheritdoc cref="IbaTransformer.RowsPerPass"/>
    public int? RowsPerPass { get; set; }

    /// <summary>Explains rows, each as if it were alone.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="withCapacity">Whether <see cref="RowExplanation.Capacity"/> is wanted.</param>
    /// <exception cref="ObjectDisposedException">The transformer or its network was disposed.</exception>
    public RowResult[] Explain(IReadOnlyList<InputRow> rows, bool withCapacity)
    {
        var results = new RowResult?[rows.Count];
        lock (_network)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IbaTransformer));
            using var scope = torch.NewDisposeScope();
            using var differentiable = torch.inference_mode(false);
            var passes = InputBatch.Group(rows, _settings.Input).SelectMany(group => group.Chunk(Share(group)));
            Lanes.Explain(rows, passes, withCapacity, results);
        }

        return results!;
    }

    /// <summary>Writes the network.</summary>
    public void SaveNetwork(Stream stream)
    {
        lock (_network)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IbaTransformer));
            _network.Save(stream);
        }
    }

    /// <summary>Writes the statistics.</summary>
    public void SaveStatistics(BinaryWriter writer)
    {
        lock (_network)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IbaTransformer));
            _statistics.Save(writer);
        }
    }

    public void Dispose()
    {
        lock (_network)
        {
            if (_disposed) return;
            _disposed = true;
            Lanes.Dispose();
            _statistics.Dispose();
            if (_ownsNetwork) _network.Dispose();
        }
    }

    private void WarnOfMemory(int tried, int fitted)
    {
        if (_warned) return;
        _warned = true;
        using var channel = _host.Start("Explain");
        channel.Warning(
            "Memory ran out with {0} rows at once after layer '{1}': {2} at a time from here on. Set {3}, {4} or {5} to save the attempt.",
            tried, _settings.Layer, fitted, nameof(IbaEstimator.Options.MemoryBudget), nameof(IbaEstimator.Options.RowsPerPass),
            nameof(IbaEstimator.Options.PassesAtOnce));
    }

    // On a CPU, kernels round differently by batch size: deep networks and Adam's sign-like first step would make a thousandth of that.
    // Alone, a row's map has the same bits in every batch; on a GPU, alone, a row would leave most of it idle.
    private int Share(int[] group)
    {
        int rows = Math.Min(RowsPerPass ?? (_network.Device.type == DeviceType.CPU ? 1 : group.Length), group.Length);
        return Lanes.RowsPerPass is > 0 and var fitted ? Math.Min(fitted, rows) : rows;
    }
}
