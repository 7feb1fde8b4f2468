using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>
/// A network and a method: explains rows. Safe for use from several threads, which take turns: a network computes for one of them at a time,
/// on lanes of its own.
/// </summary>
internal sealed class Explainer : IDisposable
{
    /// <summary>Engines take the transformer with them, which surprises whoever makes a second one.</summary>
    private const string DisposedAdvice =
        "A prediction engine disposes the transformer that it was made of: give CreatePredictionEngine new PredictionEngineOptions { OwnsTransformer = false } where it lives on.";

    private readonly IHost _host;
    private readonly NetworkLease _lease;
    private readonly Network _network;
    private readonly AttributionMethod _method;
    private readonly bool _ownsMethod;
    private readonly Type _owner;
    private readonly Passes<Lane> _passes;
    private CancellationToken _cancellation;
    private bool _warned;
    private bool _disposed;

    /// <param name="host">For messages and cancellation.</param>
    /// <param name="settings">What Fit decided.</param>
    /// <param name="network">The network, on the device where it is to run; given back with this.</param>
    /// <param name="method">The method.</param>
    /// <param name="ownsMethod">Whether the method is disposed with this.</param>
    /// <param name="owner">The transformer's type, for messages.</param>
    public Explainer(IHost host, RowSettings settings, NetworkLease network, AttributionMethod method, bool ownsMethod, Type owner)
    {
        _host = host;
        Settings = settings;
        _lease = network;
        _network = network.Network;
        _method = method;
        _ownsMethod = ownsMethod;
        _owner = owner;
        _passes = new Passes<Lane>(
            Execution,
            () => new Lane(
                Settings, _network, Settings.Cut(_network, _method), _method, Execution, CheckAlive,
                [.. FurtherLayers.Select(layer => new FurtherCut(layer, _network.Split(layer.Layer), Settings.Output))]),
            WarnOfMemory);
    }

    /// <summary>What Fit decided.</summary>
    public RowSettings Settings { get; set; }

    /// <summary>About the machine; read before every batch.</summary>
    public ExecutionOptions Execution { get; } = new();

    /// <summary>Told about progress after every batch; null: nobody.</summary>
    public IProgress<IbaProgress>? Progress { get; set; }

    /// <summary>The fingerprint of the layer and what lies before it, as it was at Fit; null: not known.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Further layers at which rows are explained; often none.</summary>
    public IReadOnlyList<FurtherLayer> FurtherLayers { get; init; } = [];

    /// <summary>The format of the network, see <see cref="Network.Format"/>.</summary>
    public string NetworkFormat => _network.Format;

    /// <summary>The network, whether owned or not.</summary>
    public Network Network => _network;

    /// <summary>The network's inputs.</summary>
    public IReadOnlyList<NetworkInput> Inputs => _network.Inputs;

    /// <summary>Explains rows, each as if it were alone.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="withCapacity">Whether <see cref="RowExplanation.Capacity"/> is wanted.</param>
    /// <param name="cancellation">Ends the work between two steps.</param>
    /// <exception cref="ObjectDisposedException">The transformer or its network was disposed.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public RowResult[] Explain(IReadOnlyList<InputRow> rows, bool withCapacity, CancellationToken cancellation = default)
    {
        var results = new RowResult?[rows.Count];
        Use(() =>
        {
            // One call at a time is inside.
            _cancellation = cancellation;
            using var scope = torch.NewDisposeScope();
            // On a CPU, kernels round differently by batch size: deep networks and Adam's sign-like first step would make a thousandth of that.
            // Alone, a row's map has the same bits in every batch; on a GPU, alone, a row would leave most of it idle.
            var device = _network.Device.type;
            int? rowsPerPass = Execution.RowsPerPass ?? (device == DeviceType.CPU ? 1 : null);
            _passes.Run(
                InputBatch.Group(rows, Settings.Input),
                rowsPerPass,
                device,
                row => rows[row].Values[Settings.Input.Explained]!.Length,
                (lane, pass) => lane.Explain(rows, pass, withCapacity, results));
        });
        return results!;
    }

    /// <summary>Adds <see cref="RowExplanation.Degradation"/> to explanations with maps of the input's size, row after row.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="results">What <see cref="Explain"/> gave for them.</param>
    /// <exception cref="ObjectDisposedException">The transformer or its network was disposed.</exception>
    public RowResult[] Degrade(IReadOnlyList<InputRow> rows, IReadOnlyList<RowResult> results)
    {
        var judged = results.ToArray();
        Use(() =>
        {
            // How many versions of a row share a pass is the metric's own choice: its numbers are those that an evaluation gives.
            var execution = new ExecutionOptions { Threads = Execution.Threads, MemoryBudget = Execution.MemoryBudget, AllowTensorFloat32 = Execution.AllowTensorFloat32 };
            for (int i = 0; i < judged.Length; i++)
            {
                if (judged[i].Explanation is not { } explanation) continue;
                _host.CheckAlive();
                using var row = new JudgedRow(rows[i], explanation.Heatmap, Settings, _network, execution);
                double integral = row.Degradation(AttributionOptions.Defaults.DegradationTile, AttributionOptions.Defaults.DegradationPoints)?.Integral ?? double.NaN;
                judged[i] = judged[i] with { Explanation = explanation with { Degradation = (float)integral } };
            }
        });
        return judged;
    }

    /// <summary>
    /// Checks that the weights up to the layer are those that were measured: statistics say nothing about others. Once for each cursor, not for
    /// each row.
    /// </summary>
    /// <exception cref="InvalidOperationException">The weights changed since Fit.</exception>
    public void CheckFingerprint()
    {
        Check(Fingerprint, Settings.Place, network => Settings.Cut(network, _method));
        foreach (var layer in FurtherLayers) Check(layer.Fingerprint, layer.Layer, network => network.Split(layer.Layer));
    }

    /// <summary>A lease of the network for another explainer.</summary>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public NetworkLease ShareNetwork()
    {
        NetworkLease? shared = null;
        Use(() => shared = _lease.Share());
        return shared!;
    }

    /// <summary>Writes the network.</summary>
    public void SaveNetwork(Stream stream) => Use(() => _network.Save(stream));

    /// <summary>Does something with what this holds, while nobody else computes with the network or disposes this.</summary>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public void Use(Action action)
    {
        using var access = _network.Access.Enter();
        if (_disposed) throw new ObjectDisposedException(_owner.FullName, $"Cannot access a disposed object. {DisposedAdvice}");
        action();
    }

    public void Dispose()
    {
        using var access = _network.Access.Enter();
        if (_disposed) return;
        _disposed = true;
        _passes.Dispose();
        if (_ownsMethod) _method.Dispose();
        foreach (var layer in FurtherLayers) layer.Method.Dispose();
        _lease.Dispose();
    }

    private void CheckAlive()
    {
        _host.CheckAlive();
        _cancellation.ThrowIfCancellationRequested();
    }

    private void Check(string? fingerprint, string layer, Func<Network, SplitNetwork> cut)
    {
        if (fingerprint == null) return;
        Use(() =>
        {
            using var split = cut(_network);
            if (split.HeadFingerprint() is not { } found || found == fingerprint) return;
            throw _host.Except(
                $"The weights of the network up to layer '{layer}' changed since the layer was measured, so that its statistics are those of another " +
                "network: call Fit again (after training, or after loading other weights).");
        });
    }

    private void WarnOfMemory(int tried, int fitted)
    {
        if (_warned) return;
        _warned = true;
        using var channel = _host.Start("Explain");
        channel.Warning(
            "Memory ran out with {0} rows at once after layer '{1}': {2} at a time from here on. Set {3}, {4} or {5} to save the attempt.",
            tried, Settings.Place, fitted, nameof(ExecutionOptions.MemoryBudget), nameof(ExecutionOptions.RowsPerPass), nameof(ExecutionOptions.PassesAtOnce));
    }
}
