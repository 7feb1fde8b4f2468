using System.Diagnostics;
using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>
/// The lanes of one network, which explain passes of rows, several at a time where that is faster: the kernels of small networks leave
/// processors idle between them. Each pass is computed as if it were alone, by the same kernels with the same number of threads, so that its
/// rows have the same bits whatever the number of lanes.
/// </summary>
internal sealed class Lanes : IDisposable
{
    private readonly IHost _host;
    private readonly IbaSettings _settings;
    private readonly Network _network;
    private readonly LayerStatistics _statistics;
    private readonly Action<int, int> _outOfMemory;
    private readonly SeededNoise _noise;
    private readonly List<Lane> _lanes = [];
    private readonly LaneThreads _threads = new();
    private LaneChoice _choice = new();
    private double _largestPass;

    /// <param name="host">For cancellation.</param>
    /// <param name="settings">What Fit decided.</param>
    /// <param name="network">The network, used by nobody else meanwhile.</param>
    /// <param name="statistics">The layer's statistics, not disposed.</param>
    /// <param name="outOfMemory">Told when memory ran out: with how many rows at once, and how many it will be from then on.</param>
    public Lanes(IHost host, IbaSettings settings, Network network, LayerStatistics statistics, Action<int, int> outOfMemory)
    {
        _host = host;
        _settings = settings;
        _network = network;
        _statistics = statistics;
        _outOfMemory = outOfMemory;
        _noise = new SeededNoise(settings.Bottleneck.Seed);
    }

    /// <inheritdoc cref="IbaTransformer.MemoryBudget"/>
    public long MemoryBudget { get; set; }

    /// <inheritdoc cref="IbaTransformer.PassesAtOnce"/>
    public int? PassesAtOnce
    {
        get;
        set
        {
            field = value;
            _choice = new LaneChoice(value);
        }
    }

    /// <summary>At most this many rows fitted into a pass; 0: as many as there were.</summary>
    public int RowsPerPass => _lanes.Select(lane => lane.RowsPerPass).Where(rows => rows > 0).DefaultIfEmpty().Min();

    /// <summary>Explains rows.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="passes">Which of them share a pass.</param>
    /// <param name="withCapacity">Whether <see cref="RowExplanation.Capacity"/> is wanted.</param>
    /// <param name="results">Where what became of them is written.</param>
    public void Explain(IReadOnlyList<InputRow> rows, IEnumerable<int[]> passes, bool withCapacity, RowResult?[] results)
    {
        var pending = passes.ToList();
        while (pending.Count > 0)
        {
            int most = Most(pending.Max(pass => WorkOf(rows, pass)));
            int lanes = Open(Math.Min(_choice.Lanes, Math.Min(most, pending.Count)));
            int[][] round = pending.Take(RoundOf(lanes, pending.Count)).ToArray();
            int fitted = RowsPerPass, threads = torch.get_num_threads();
            long start = Stopwatch.GetTimestamp();
            try
            {
                _threads.Run(lanes, round.Length, (lane, pass) =>
                {
                    // A thread takes over libtorch's setting when it first computes; the user may have changed it since.
                    if (torch.get_num_threads() != threads) torch.set_num_threads(threads);
                    _lanes[lane].Explain(rows, round[pass], withCapacity, results);
                });
            }
            catch (Exception failure) when (lanes > 1 && NativeError.IsOutOfMemory(failure))
            {
                _choice.Settle(lanes / 2);
                _outOfMemory(lanes * round[0].Length, lanes / 2 * round[0].Length);
                pending.RemoveAll(pass => pass.All(row => results[row] != null));
                continue;
            }

            if (RowsPerPass != fitted) _outOfMemory(lanes * round[0].Length, lanes * RowsPerPass);
            if (lanes == _choice.Lanes) _choice.Note(Stopwatch.GetElapsedTime(start), round.Sum(pass => WorkOf(rows, pass)), most);
            _largestPass = Math.Max(_largestPass, round.Max(pass => WorkOf(rows, pass)));
            pending.RemoveRange(0, round.Length);
        }
    }

    public void Dispose()
    {
        _threads.Dispose();
        foreach (var lane in _lanes) lane.Dispose();
        _noise.Dispose();
    }

    /// <summary>
    /// The most lanes that threads and memory allow. Lanes share the processors by taking turns, so they need all of them: whoever gives
    /// libtorch fewer keeps the others. (It takes one thread for each core by itself, which may be two processors.)
    /// </summary>
    /// <param name="work">The work of the largest pass to come: one larger than all before takes more memory than they did.</param>
    private int Most(double work)
    {
        if (_network.Device.type != DeviceType.CPU) return 1;
        if (PassesAtOnce != null) return _choice.Lanes;
        if (_largestPass == 0) return 1;
        int threads = torch.get_num_threads(), processors = Environment.ProcessorCount;
        if (threads == 1 || 2 * threads < processors) return 1;
        long memory = MemoryBudget > 0 ? MemoryBudget : (MachineMemory.Bytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 2;
        double within = memory / (_lanes.Max(lane => lane.BytesPerPass) * Math.Max(1, work / _largestPass));
        return (int)Math.Clamp(within, 1, Math.Min(_settings.BatchSize, Math.Min(threads, processors)));
    }

    /// <summary>Sees to it that there are that many lanes, as far as the network allows.</summary>
    private int Open(int lanes)
    {
        if (_lanes.Count == 0) _lanes.Add(new Lane(_settings, _network, _network.Split(_settings.Layer), _statistics, _noise, _host.CheckAlive));
        while (_lanes.Count < lanes && _lanes[0].Fork() is { } lane) _lanes.Add(lane);
        if (_lanes.Count < lanes) _choice.Settle(1);
        foreach (var lane in _lanes) lane.MemoryBudget = MemoryBudget;
        return Math.Min(lanes, _lanes.Count);
    }

    /// <summary>How many passes to do before looking again: while the number of lanes is sought, every lane is to be busy.</summary>
    private int RoundOf(int lanes, int pending)
    {
        if (_choice.IsSettled) return pending;
        return _choice.IsWarm && pending >= 2 * lanes ? 2 * lanes : lanes;
    }

    private double WorkOf(IReadOnlyList<InputRow> rows, int[] pass) => pass.Sum(row => (double)rows[row].Values[_settings.Input.Explained]!.Length);
}
