using System.Runtime.ExceptionServices;

namespace Iba.Torch;

/// <summary>Threads that share jobs; one of them is the caller's.</summary>
internal sealed class LaneThreads : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<LaneThread> _threads = [];

    /// <summary>Does each job once, and returns when all are done.</summary>
    /// <param name="lanes">The number of threads, at least 1.</param>
    /// <param name="jobs">The number of jobs. A thread that is done with one takes the next.</param>
    /// <param name="work">Does a job: told which thread it is on (0 is the caller's), and which job.</param>
    /// <remarks>What a job throws is thrown here once all threads are idle again. No job is begun after it.</remarks>
    public void Run(int lanes, int jobs, Action<int, int> work)
    {
        int taken = 0;
        ExceptionDispatchInfo? failure = null;
        while (_threads.Count < lanes - 1) _threads.Add(new LaneThread($"Iba lane {_threads.Count + 1}", Patience));
        int begun = 1;
        try
        {
            for (; begun < lanes; begun++)
            {
                int lane = begun;
                _threads[lane - 1].Begin(() => Work(lane));
            }

            Work(0);
        }
        finally
        {
            for (int lane = 1; lane < begun; lane++) _threads[lane - 1].Wait();
        }

        failure?.Throw();

        void Work(int lane)
        {
            try
            {
                while (Volatile.Read(ref failure) == null && Interlocked.Increment(ref taken) is var count && count <= jobs) work(lane, count - 1);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
            }
        }
    }

    public void Dispose()
    {
        foreach (var thread in _threads) thread.Dispose();
    }
}
