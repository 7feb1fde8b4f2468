using System.Globalization;

namespace Iba.Scale;

/// <summary>The longest stall after each fault, until the next one.</summary>
/// <param name="log">What happened when.</param>
internal sealed class StallTable(SoakLog log)
{
    private const string Load = "/proc/loadavg";

    /// <summary>What happened this long before a stall is told with it.</summary>
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(40);

    private readonly List<(Fault Fault, TimeSpan Stall)> _stalls = [];
    private readonly List<double> _loads = [];
    private Fault? _fault;
    private TimeSpan _sinceFault, _longest;

    /// <summary>The number of faults.</summary>
    public int Faults => _stalls.Count;

    /// <summary>The longest time between two commits of a job, whether a worker lived or not.</summary>
    public TimeSpan LongestOnTheClock { get; private set; }

    /// <summary>What happened before and in the longest stall.</summary>
    public string AroundLongest { get; private set; } = "";

    /// <summary>A fault was made: what stalls from now on is due to it. Null: the job is done.</summary>
    public void Begin(Fault? fault)
    {
        if (_fault is { } over) _stalls.Add((over, _sinceFault));
        (_fault, _sinceFault) = (fault, default);
        if (File.Exists(Load)) _loads.Add(double.Parse(File.ReadAllText(Load).Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>Takes a stall, as <see cref="StallWatch.Over"/> tells it.</summary>
    public void Add(TimeSpan committedBefore, TimeSpan lived)
    {
        var onTheClock = log.Now - committedBefore;
        if (onTheClock > LongestOnTheClock) LongestOnTheClock = onTheClock;
        if (_fault == null) return;
        if (lived > _sinceFault) _sinceFault = lived;
        if (lived <= _longest) return;
        _longest = lived;
        var begin = committedBefore - Before;
        AroundLongest = string.Create(
            CultureInfo.InvariantCulture,
            $"{log.Between(begin, log.Now)}\nThe last commit before it was after {Before.TotalSeconds:F1} s, the next one after {(log.Now - begin).TotalSeconds:F1} s.");
    }

    /// <summary>How many faults of a kind there were.</summary>
    public int Count(Fault fault) => _stalls.Count(stall => stall.Fault == fault);

    /// <summary>Median and longest of the stalls after faults of a kind.</summary>
    public string Stalls(Fault fault) => Summary(_stalls.Where(stall => stall.Fault == fault).Select(stall => stall.Stall.TotalSeconds), " s");

    /// <summary>Median and longest time until a coordinator that took another's place listened.</summary>
    public string CoordinatorStarts() => Summary(log.From("kill -9 of the coordinator", "the coordinator: coordinating"), " s");

    /// <summary>Median and largest of the machine's load at the faults: how many threads ran or waited for a processor or a disk, whoever's they were, over a minute.</summary>
    public string Loads() => Summary(_loads, "");

    private static string Summary(IEnumerable<double> values, string unit)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]:F1}{unit}, {sorted[^1]:F1}{unit}");
    }
}
