using System.Diagnostics;
using TorchSharp;

namespace Iba.Torch;

/// <summary>
/// Sends rows through lanes: says which rows share a pass, how many passes are under way at once, what happens when memory runs out, and
/// repeats what lost a scalar. Each pass is computed as if it were alone, by the same kernels with the same number of threads, so that its rows
/// have the same bits whatever the number of lanes. Used by one thread at a time.
/// </summary>
/// <param name="options">About the machine; read at every run.</param>
/// <param name="open">Opens the first lane, when it is needed.</param>
/// <param name="outOfMemory">
/// Told when memory ran out: with how many rows at once, and how many it will be from then on. Null: nobody.
/// </param>
internal sealed class Passes<TLane>(ExecutionOptions options, Func<TLane> open, Action<int, int>? outOfMemory = null) : IDisposable
    where TLane : class, ILane<TLane>
{
    private readonly List<TLane> _lanes = [];
    private readonly LaneThreads _threads = new();
    private LaneChoice _choice = new(options.PassesAtOnce);
    private int? _asked = options.PassesAtOnce;
    private double _largestPass;
    private int _mostPasses;

    /// <summary>At most this many rows fitted into a pass; null: as many as there were.</summary>
    public int? FittedRows { get; private set; }

    /// <summary>Computes rows.</summary>
    /// <param name="groups">Rows that may share a pass.</param>
    /// <param name="rowsPerPass">At most this many rows share a pass; null: all of a group.</param>
    /// <param name="device">Where the network lies.</param>
    /// <param name="workOf">How much work a row is, in any unit.</param>
    /// <param name="pass">Computes the rows of one pass; gives the same each time.</param>
    public void Run(IEnumerable<int[]> groups, int? rowsPerPass, DeviceType device, Func<int, double> workOf, Action<TLane, int[]> pass)
    {
        if (_asked != options.PassesAtOnce) (_asked, _choice) = (options.PassesAtOnce, new LaneChoice(options.PassesAtOnce));
        int ownThreads = torch.get_num_threads(), threads = options.Threads ?? ownThreads;
        using var rounding = TensorFloat32.Use(options.AllowTensorFloat32, device);
        var pending = groups.ToList();
        int tried = 0;
        Open(1);
        try
        {
            while (pending.Count > 0)
            {
                int[] sizes = pending.Select(group => SizeOf(group, rowsPerPass)).ToArray();
                int passes = pending.Zip(sizes, (group, size) => (group.Length + size - 1) / size).Sum();
                double largest = pending.Zip(sizes, (group, size) => group.Chunk(size).Max(WorkOf)).Max();
                _mostPasses = Math.Max(_mostPasses, passes);
                int most = Most(device, largest, sizes.Max(), threads);
                int lanes = Open(Math.Min(_choice.Lanes, Math.Min(most, passes)));
                var round = Take(pending, RoundOf(lanes, passes), rowsPerPass);
                bool[] done = new bool[round.Count];
                long start = Stopwatch.GetTimestamp();
                try
                {
                    _threads.Run(lanes, round.Count, (lane, index) =>
                    {
                        // A thread takes over libtorch's setting when it first computes; the user may have changed it since.
                        if (torch.get_num_threads() != threads) torch.set_num_threads(threads);
                        done[index] = LostScalar.Repeat(() =>
                        {
                            pass(_lanes[lane], round[index]);
                            return true;
                        });
                    });
                }
                catch (Exception failure) when (NativeError.IsOutOfMemory(failure))
                {
                    int rows = round.Max(group => group.Length);
                    if (lanes == 1 && rows == 1) throw;
                    if (tried == 0) tried = lanes * rows;
                    if (lanes > 1) _choice.Settle(lanes / 2);
                    else FittedRows = (rows + 1) / 2;
                    pending.InsertRange(0, round.Where((_, index) => !done[index]));
                    continue;
                }

                int together = lanes * round.Max(group => group.Length);
                if (tried > 0) outOfMemory?.Invoke(tried, together);
                tried = 0;
                if (lanes == _choice.Lanes) _choice.Note(Stopwatch.GetElapsedTime(start), round.Sum(WorkOf), most);
                _largestPass = Math.Max(_largestPass, round.Max(WorkOf));
            }
        }
        finally
        {
            if (torch.get_num_threads() != ownThreads) torch.set_num_threads(ownThreads);
        }

        double WorkOf(int[] rows) => rows.Sum(workOf);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _threads.Dispose();
        foreach (var lane in _lanes) lane.Dispose();
    }

    /// <summary>Moves the next passes out of what is pending.</summary>
    private List<int[]> Take(List<int[]> pending, int passes, int? rowsPerPass)
    {
        var taken = new List<int[]>();
        while (taken.Count < passes && pending.Count > 0)
        {
            int[] group = pending[0];
            int size = SizeOf(group, rowsPerPass);
            taken.Add(group[..size]);
            if (size == group.Length) pending.RemoveAt(0);
            else pending[0] = group[size..];
        }

        return taken;
    }

    /// <summary>The number of rows of a group that share a pass.</summary>
    private int SizeOf(int[] group, int? rowsPerPass)
    {
        int size = Math.Min(group.Length, Math.Min(rowsPerPass ?? int.MaxValue, FittedRows ?? int.MaxValue));
        if (options.MemoryBudget is not { } budget || size == 1) return size;
        return BytesPerRow == 0 ? 1 : (int)Math.Clamp(budget / BytesPerRow, 1, size);
    }

    /// <summary>What the largest row so far takes; 0: not known yet.</summary>
    private double BytesPerRow => _lanes.Max(lane => lane.BytesPerRow);

    /// <summary>
    /// The most lanes that threads and memory allow. Lanes share the processors by taking turns, so they need all of them: whoever gives
    /// libtorch fewer keeps the others. (It takes one thread for each core by itself, which may be two processors.)
    /// </summary>
    /// <param name="device">Where the network lies.</param>
    /// <param name="work">The work of the largest pass to come: one larger than all before takes more memory than they did.</param>
    /// <param name="rows">The number of rows in it.</param>
    /// <param name="threads">libtorch's threads.</param>
    private int Most(DeviceType device, double work, int rows, int threads)
    {
        if (device != DeviceType.CPU) return 1;
        if (options.PassesAtOnce != null) return _choice.Lanes;
        if (_largestPass == 0) return 1;
        int processors = Environment.ProcessorCount;
        if (threads == 1 || 2 * threads < processors) return 1;
        long memory = options.MemoryBudget ?? ((MachineMemory.Bytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 2);
        double within = memory / (BytesPerRow * rows * Math.Max(1, work / _largestPass));
        return (int)Math.Clamp(within, 1, Math.Min(_mostPasses, Math.Min(threads, processors)));
    }

    /// <summary>Sees to it that there are that many lanes, as far as the network allows.</summary>
    private int Open(int lanes)
    {
        if (_lanes.Count == 0) _lanes.Add(open());
        while (_lanes.Count < lanes && _lanes[0].Fork() is { } lane) _lanes.Add(lane);
        if (_lanes.Count < lanes) _choice.Settle(1);
        return Math.Min(lanes, _lanes.Count);
    }

    /// <summary>How many passes to do before looking again: while the number of lanes is sought, every lane is to be busy.</summary>
    private int RoundOf(int lanes, int pending)
    {
        // One row tells what the others will take.
        if (options.MemoryBudget != null && BytesPerRow == 0) return 1;
        if (_choice.IsSettled) return pending;
        return _choice.IsWarm && pending >= 2 * lanes ? 2 * lanes : lanes;
    }
}
