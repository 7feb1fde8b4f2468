using System.Diagnostics.Metrics;

namespace Iba.Hosting;

/// <summary>The instruments of <see cref="IbaMetrics"/>.</summary>
internal sealed class ServiceMeter : IDisposable
{
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _explanations;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _wait;

    /// <param name="factory">Makes the meter, which belongs to it; null: a meter of one's own.</param>
    /// <param name="waiting">Tells how many wait.</param>
    public ServiceMeter(IMeterFactory? factory, Func<int> waiting)
    {
        _meter = factory?.Create(IbaMetrics.MeterName) ?? new Meter(IbaMetrics.MeterName);
        _ownsMeter = factory == null;
        _explanations = _meter.CreateCounter<long>(IbaMetrics.ExplanationsName, "{request}", "Requests, by outcome.");
        _duration = _meter.CreateHistogram<double>(IbaMetrics.DurationName, "s", "The work for a request.");
        _wait = _meter.CreateHistogram<double>(IbaMetrics.WaitName, "s", "From a request's coming to the beginning of its work.");
        _meter.CreateObservableGauge(IbaMetrics.QueueLengthName, waiting, "{request}", "Requests that wait.");
    }

    /// <summary>A request came to its end.</summary>
    /// <param name="outcome">Which one.</param>
    public void Count(string outcome) => _explanations.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>A request's turn came.</summary>
    public void Waited(TimeSpan time) => _wait.Record(time.TotalSeconds);

    /// <summary>The work for a request was done.</summary>
    public void Worked(TimeSpan time) => _duration.Record(time.TotalSeconds);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsMeter) _meter.Dispose();
    }
}
