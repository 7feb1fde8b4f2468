using System.Diagnostics;
using System.Globalization;
using Iba.Jobs;
using Iba.MLNet;

namespace Iba.Cli;

/// <summary>How far something is, how fast, and how long it takes yet: one line on a terminal, a line now and then in a file, events for machines.</summary>
internal sealed class ProgressLine : IProgress<JobProgress>, IProgress<IbaProgress>, IDisposable
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ForMachines = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan InFiles = TimeSpan.FromSeconds(10);

    private readonly Surroundings _surroundings;
    private readonly string _what;
    private readonly long _doneBefore;
    private readonly Action<object>? _event;
    private readonly bool _isQuiet;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly TimeSpan _interval;
    private TimeSpan _next;
    private int _written;

    /// <param name="surroundings">Where to.</param>
    /// <param name="what">What is counted, in the plural.</param>
    /// <param name="doneBefore">What was done before.</param>
    /// <param name="onEvent">Takes events; null: words are written.</param>
    /// <param name="isQuiet">Whether nothing is said.</param>
    public ProgressLine(Surroundings surroundings, string what, long doneBefore, Action<object>? onEvent, bool isQuiet)
    {
        (_surroundings, _what, _doneBefore, _event, _isQuiet) = (surroundings, what, doneBefore, onEvent, isQuiet);
        _interval = onEvent != null ? ForMachines : surroundings.ErrorIsTerminal ? OnTerminal : InFiles;
    }

    /// <inheritdoc/>
    public void Report(JobProgress value) => Report(value.Rows, value.Failures, value.TotalRows);

    /// <inheritdoc/>
    public void Report(IbaProgress value) => Report(value.Rows, 0, value.TotalRows);

    /// <summary>Leaves the terminal's line as it was.</summary>
    public void Dispose()
    {
        if (_written > 0) _surroundings.Error.Write($"\r{new string(' ', _written)}\r");
    }

    /// <summary>A time as people say it.</summary>
    public static string Words(double seconds) => seconds switch
    {
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s"),
        < 100 * 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F0} min"),
        < 100 * 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F1} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400:F1} days"),
    };

    private void Report(long rows, long failures, long? total)
    {
        if (_isQuiet || _clock.Elapsed < _next) return;
        _next = _clock.Elapsed + _interval;
        double perSecond = rows / Math.Max(_clock.Elapsed.TotalSeconds, 1e-3);
        long done = _doneBefore + rows;
        double? left = total is { } all ? Math.Max(all - done, 0) / perSecond : null;
        if (_event != null)
        {
            double? secondsLeft = left is { } seconds ? Math.Round(seconds, 1) : null;
            _event(new { what = _what, rows = done, failures, total, rowsPerSecond = Math.Round(perSecond, 3), secondsLeft });
            return;
        }

        string of = total is { } count ? string.Create(CultureInfo.InvariantCulture, $" of {count:N0}") : "";
        string time = left is { } longer ? $", {Words(longer)} left" : "", failed = failures > 0 ? string.Create(CultureInfo.InvariantCulture, $", {failures:N0} failed") : "";
        string line = string.Create(CultureInfo.InvariantCulture, $"{done:N0}{of} {_what}, {perSecond:0.##} a second{time}{failed}");
        if (!_surroundings.ErrorIsTerminal)
        {
            _surroundings.Error.WriteLine(line);
            return;
        }

        // A line that the terminal breaks could not be written over; the last column of some breaks it already.
        int width = Math.Max(1, _surroundings.ErrorWidth() - 1);
        if (line.Length > width) line = line[..width];
        _surroundings.Error.Write($"\r{line.PadRight(Math.Min(_written, width))}");
        _written = line.Length;
    }
}
