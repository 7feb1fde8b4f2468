namespace Iba.MLNet;

/// <summary>
/// A thread that does one piece of work after the other. It stays between them, and with it its OpenMP team and its part of the native heap,
/// until it is disposed or has long been idle.
/// </summary>
internal sealed class LaneThread(string name) : IDisposable
{
    /// <summary>Transformers are not always disposed: their threads are to end all the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly object _monitor = new();
    private Thread? _thread; // null: none has been started, or it ended
    private Action? _work; // until it is done
    private bool _disposed;

    /// <summary>Begins a piece of work, once the one before is done.</summary>
    /// <param name="work">Must not throw.</param>
    public void Begin(Action work)
    {
        lock (_monitor)
        {
            _work = work;
            Monitor.PulseAll(_monitor);
            if (_thread != null) return;
            _thread = new Thread(Work) { IsBackground = true, Name = name };
            _thread.Start();
        }
    }

    /// <summary>Waits until the work is done.</summary>
    public void Wait()
    {
        lock (_monitor)
        {
            while (_work != null) Monitor.Wait(_monitor);
        }
    }

    /// <summary>Ends the thread, after the work that it is at.</summary>
    public void Dispose()
    {
        Thread? thread;
        lock (_monitor)
        {
            _disposed = true;
            Monitor.PulseAll(_monitor);
            thread = _thread;
        }

        thread?.Join();
    }

    private void Work()
    {
        while (Next() is { } work)
        {
            work();
            lock (_monitor)
            {
                _work = null;
                Monitor.PulseAll(_monitor);
            }
        }
    }

    private Action? Next()
    {
        lock (_monitor)
        {
            if (_work == null && !_disposed) Monitor.Wait(_monitor, Patience);
            if (_work == null) _thread = null;
            return _work;
        }
    }
}
