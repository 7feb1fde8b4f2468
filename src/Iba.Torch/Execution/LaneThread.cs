namespace Iba.Torch;

/// <summary>
/// A thread that does one piece of work after the other. It stays between them, and with it its OpenMP team and its part of the native heap,
/// until it is disposed or has long been idle.
/// </summary>
/// <param name="name">The thread's name.</param>
/// <param name="patience">How long it stays idle before it ends: transformers are not always disposed.</param>
internal sealed class LaneThread(string name, TimeSpan patience) : IDisposable
{
    private readonly object _monitor = new();
    private Thread? _thread; // null: none has been started, or it ended
    private Action? _work; // until it is done
    private bool _disposed;

    /// <summary>Begins a piece of work. The one before must be done, see <see cref="Wait"/>.</summary>
    /// <param name="work">Must not throw.</param>
    /// <exception cref="OutOfMemoryException">The system gave no thread; nothing was begun.</exception>
    public void Begin(Action work)
    {
        lock (_monitor)
        {
            if (_thread == null)
            {
                // It finds its work once this lock is released.
                var thread = new Thread(Work) { IsBackground = true, Name = name };
                thread.Start();
                _thread = thread;
            }

            _work = work;
            Monitor.PulseAll(_monitor);
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
            if (_work == null && !_disposed) Monitor.Wait(_monitor, patience);
            if (_work == null) _thread = null;
            return _work;
        }
    }
}
