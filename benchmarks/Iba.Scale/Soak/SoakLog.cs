using System.Diagnostics;
using System.Globalization;

namespace Iba.Scale;

/// <summary>What happened when in a soak: faults, processes that began, what workers said of their coordinator.</summary>
internal sealed class SoakLog
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private readonly List<(TimeSpan Time, string Event)> _events = [];

    /// <summary>How long the soak has been going on.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>Notes an event.</summary>
    public void Add(string what)
    {
        lock (_lock) _events.Add((Now, what));
    }

    /// <summary>How many seconds it took from each event of one kind until the next of another.</summary>
    public IReadOnlyList<double> From(string first, string second)
    {
        lock (_lock)
        {
            List<double> seconds = [];
            TimeSpan? begin = null;
            foreach (var (time, what) in _events)
            {
                if (what == first) begin = time;
                else if (what == second && begin is { } since)
                {
                    seconds.Add((time - since).TotalSeconds);
                    begin = null;
                }
            }

            return seconds;
        }
    }

    /// <summary>The events of a while, a line each, with the seconds since its begin.</summary>
    public string Between(TimeSpan begin, TimeSpan end)
    {
        lock (_lock)
        {
            return string.Join('\n', _events.Where(entry => entry.Time >= begin && entry.Time <= end)
                .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{(entry.Time - begin).TotalSeconds,8:F1} s  {entry.Event}")));
        }
    }
}
