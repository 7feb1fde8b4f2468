using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>
/// Reads a cursor's rows on a thread of its own, so that whoever waits for them can leave at any time, whatever the cursor itself waits for: a
/// camera's next frame, a message. The cursor is never used by two threads at once.
/// </summary>
/// <param name="source">The cursor; disposed with this, or, where it does not come back, once it does.</param>
internal sealed class SourceReader(DataViewRowCursor source) : IDisposable
{
    /// <summary>A batch waits no longer for rows of a source that gave none for so long: what has come is shown.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.5);

    /// <summary>So long a source that is at work, and does not wait, has for its row, so that it is mostly closed when the reader has left.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(0.2);

    /// <summary>Between two looks at whether the work was cancelled.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(0.05);

    /// <summary>The thread ends when it was idle for so long: cursors are not always disposed.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    private readonly object _monitor = new();
    private readonly LaneThread _thread = new("Iba reader", Idle);
    private ReadAheadBuffer? _buffer;                      // gets the next row; null: none is asked for
    private bool _isReading;
    private bool _hasRow;                                  // the source gave a row, which is being copied
    private long _lastRow;
    private bool _isLeft;
    private bool _isAbandoned;                             // it was left while the source did not come back

    /// <summary>Begins to fill a buffer with the next rows, unless one was begun that nobody took.</summary>
    public void Begin(ReadAheadBuffer buffer)
    {
        lock (_monitor)
        {
            if (_buffer != null) return;
            buffer.Clear();
            _thread.Wait(); // It has nothing left to do but to say so.
            _thread.Begin(Read);
            _buffer = buffer;
            _isReading = true;
        }
    }

    /// <summary>Waits for the buffer that was begun: until it is full, the source ends, or gives nothing more for a while.</summary>
    /// <param name="next">Gets what the source gives later, where the buffer is taken before it is full.</param>
    /// <param name="checkAlive">Asked again and again; throws when the work is cancelled.</param>
    public void Take(ReadAheadBuffer next, Action checkAlive)
    {
        lock (_monitor)
        {
            while (_isReading && !IsStalled())
            {
                Monitor.Wait(_monitor, Glance);
                ObjectDisposedException.ThrowIf(_isLeft, typeof(DataViewRowCursor));
                checkAlive();
            }

            if (_isReading) next.Clear();
            _buffer = _isReading ? next : null;
        }

        bool IsStalled() => _buffer!.Count > 0 && !_hasRow && Stopwatch.GetElapsedTime(_lastRow) >= Patience;
    }

    /// <summary>Leaves the source. Returns at once, also where it waits; a row that it gives after that is lost.</summary>
    public void Dispose()
    {
        lock (_monitor)
        {
            if (_isLeft) return;
            _isLeft = true;
            long start = Stopwatch.GetTimestamp();
            while (_isReading && Grace - Stopwatch.GetElapsedTime(start) is var left && left > TimeSpan.Zero) Monitor.Wait(_monitor, left);
            if (_isReading)
            {
                // The thread closes the source when that comes back; it keeps no process alive.
                _isAbandoned = true;
                return;
            }
        }

        _thread.Dispose();
        source.Dispose();
    }

    /// <summary>The thread's work: rows, until the buffer is full or there are no more.</summary>
    private void Read()
    {
        while (true)
        {
            bool isThere = false;
            var failure = Catch(() => isThere = source.MoveNext());
            lock (_monitor)
            {
                if (!isThere || _isLeft)
                {
                    Finish(ends: true, failure);
                    return;
                }

                _hasRow = true; // From here on, nobody takes the buffer.
            }

            failure = Catch(_buffer!.Read);
            lock (_monitor)
            {
                _hasRow = false;
                _lastRow = Stopwatch.GetTimestamp();
                if (failure == null) _buffer.Add();
                if (failure == null && !_buffer.IsFull && !_isLeft) continue;
                Finish(ends: failure != null, failure);
                return;
            }
        }
    }

    private void Finish(bool ends, ExceptionDispatchInfo? failure)
    {
        if (ends) _buffer!.End(failure);
        _isReading = false;
        Monitor.PulseAll(_monitor);
        // Nobody is there any more to be told of a failure.
        if (_isAbandoned) Catch(source.Dispose);
    }

    private static ExceptionDispatchInfo? Catch(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception failure)
        {
            return ExceptionDispatchInfo.Capture(failure);
        }
    }
}
