namespace Iba.Jobs;

/// <summary>Does something at intervals, on another thread, until it is stopped. What fails is tried again the next time.</summary>
internal sealed class SignsOfLife : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Action _give;
    private readonly Timer _timer;
    private bool _stopped;

    public SignsOfLife(TimeSpan interval, Action give)
    {
        _give = give;
        _timer = new Timer(_ => Give(), null, interval, interval);
    }

    /// <summary>Waits for a sign that is being given; none follows.</summary>
    public void Stop()
    {
        lock (_lock) _stopped = true;
    }

    public void Dispose()
    {
        Stop();
        _timer.Dispose();
    }

    private void Give()
    {
        lock (_lock)
        {
            if (_stopped) return;
            try
            {
                _give();
            }
#pragma warning disable CA1031 // Whatever a feed throws on a timer's thread would end the process, and a row would be blamed for it.
            catch (Exception)
            {
                // A disk that is full for a moment, a network that is gone: others may take the shard over, which costs no more than its work.
            }
#pragma warning restore CA1031
        }
    }
}
