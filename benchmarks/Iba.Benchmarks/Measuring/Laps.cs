using System.Diagnostics;

namespace Iba.Benchmarks;

/// <summary>Times named parts of a computation, again and again.</summary>
internal sealed class Laps
{
    private readonly Dictionary<string, List<double>> _milliseconds = [];

    public T Time<T>(string part, Func<T> action)
    {
        var watch = Stopwatch.StartNew();
        var result = action();
        if (!_milliseconds.TryGetValue(part, out var times)) _milliseconds[part] = times = [];
        times.Add(watch.Elapsed.TotalMilliseconds);
        return result;
    }

    public void Time(string part, Action action) => Time(part, () =>
    {
        action();
        return true;
    });

    /// <summary>The median of a part's times in milliseconds; 0 where it was never timed.</summary>
    public double this[string part] => _milliseconds.TryGetValue(part, out var times) ? new Sample(times).Median : 0;

    /// <summary>The least of a part's times in milliseconds.</summary>
    public double Least(string part) => _milliseconds[part].Min();
}
