namespace Iba.Hosting;

/// <summary>
/// A bounded queue before a thread of its own: first come, first served. Whoever gives up while waiting makes room at once. One thread for all, since each
/// that calls libtorch would get its own set of workers.
/// </summary>
internal sealed class WorkQueue : IDisposable
{
    private readonly LinkedList<Item> _waiting = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly int _capacity;
    private readonly Thread _thread;
    private bool _serves;

    /// <param name="capacity">How many may wait while one is served.</param>
    /// <param name="name">The thread's name.</param>
    public WorkQueue(int capacity, string name)
    {
        _capacity = capacity;
        _thread = new Thread(Serve) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_waiting) return _waiting.Count;
        }
    }

    /// <summary>Does something when its turn comes.</summary>
    /// <param name="work">The work; its token ends with the caller's, and with the queue.</param>
    /// <param name="cancellation">Ends waiting and work.</param>
    /// <returns>What the work gave; null: as many wait as may, and it was not taken.</returns>
    /// <exception cref="ObjectDisposedException">The queue has ended.</exception>
    public Task<T>? TryRun<T>(Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return Task.FromCanceled<T>(cancellation);
        var item = new Item<T>(work, cancellation);
        lock (_waiting)
        {
            ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
            // All that are here but one wait, also before the thread has woken up for that one.
            if (_waiting.Count + (_serves ? 1 : 0) > _capacity) return null;
            _waiting.AddLast(item.Node);
            Monitor.PulseAll(_waiting);
        }

        item.LeaveWhenCancelled(() =>
        {
            lock (_waiting)
            {
                if (item.Node.List == null) return false;
                _waiting.Remove(item.Node);
                return true;
            }
        });
        return item.Task;
    }

    /// <summary>Ends: the work under way is cancelled and waited for, and so is what waits.</summary>
    public void Dispose()
    {
        lock (_waiting)
        {
            if (_ending.IsCancellationRequested) return;
            _ending.Cancel();
            Monitor.PulseAll(_waiting);
        }

        _thread.Join();
    }

    private void Serve()
    {
        while (true)
        {
            Item item;
            lock (_waiting)
            {
                while (_waiting.Count == 0 && !_ending.IsCancellationRequested) Monitor.Wait(_waiting);
                if (_waiting.First is not { } first) return;
                _waiting.RemoveFirst();
                item = first.Value;
                _serves = true;
            }

            var answer = item.Do(_ending.Token);
            // Whoever asks again as soon as it is answered finds the place free.
            lock (_waiting) _serves = false;
            answer();
        }
    }

    private abstract class Item
    {
        protected Item() => Node = new LinkedListNode<Item>(this);

        public LinkedListNode<Item> Node { get; }

        /// <summary>Does the work.</summary>
        /// <returns>Tells its caller.</returns>
        public abstract Action Do(CancellationToken ending);
    }

    private sealed class Item<T>(Func<CancellationToken, T> work, CancellationToken cancellation) : Item
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _done.Task;

        /// <summary>Gives up, when the caller does, if the work has not begun.</summary>
        public void LeaveWhenCancelled(Func<bool> tryLeave)
        {
            var registration = cancellation.UnsafeRegister(_ =>
            {
                if (tryLeave()) _done.TrySetCanceled(cancellation);
            }, null);

            // The work may be done already. A caller's token may outlive it by far, and would keep it.
            _done.Task.ContinueWith(_ => registration.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        public override Action Do(CancellationToken ending)
        {
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, ending);
                either.Token.ThrowIfCancellationRequested();
                var result = work(either.Token);
                return () => _done.TrySetResult(result);
            }
            catch (OperationCanceledException)
            {
                return () => _done.TrySetCanceled(cancellation.IsCancellationRequested ? cancellation : ending);
            }
            catch (Exception failure)
            {
                return () => _done.TrySetException(failure);
            }
        }
    }
}
