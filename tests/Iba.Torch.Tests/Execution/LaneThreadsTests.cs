using System.Collections.Concurrent;

namespace Iba.Torch.Tests;

public class LaneThreadsTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 20)]
    [InlineData(4, 2)]
    [InlineData(2, 0)]
    public void Each_job_is_done_once_and_the_threads_end_when_disposed(int lanes, int jobs)
    {
        var threads = new ConcurrentDictionary<int, Thread>();
        using (var sharing = new LaneThreads())
        {
            for (int time = 0; time < 3; time++)
            {
                var done = new ConcurrentBag<int>();
                sharing.Run(lanes, jobs, (lane, job) =>
                {
                    done.Add(job);
                    Assert.Same(threads.GetOrAdd(lane, Thread.CurrentThread), Thread.CurrentThread);
                });
                Assert.Equal(Enumerable.Range(0, jobs), done.Order());
            }
        }

        Assert.All(threads, pair => Assert.Equal(pair.Key == 0, pair.Value == Thread.CurrentThread));
        Assert.All(threads.Where(pair => pair.Key > 0), pair => Assert.False(pair.Value.IsAlive));
    }

    [Fact]
    public void An_idle_thread_ends_and_another_takes_its_place()
    {
        using var lane = new LaneThread("lane", TimeSpan.FromMilliseconds(20));
        var first = Begin();
        Assert.True(first.Join(TimeSpan.FromSeconds(30)), "The idle thread did not end.");
        var second = Begin();
        Assert.NotSame(first, second);
        lane.Dispose();
        Assert.False(second.IsAlive);

        Thread Begin()
        {
            Thread? thread = null;
            lane.Begin(() => thread = Thread.CurrentThread);
            lane.Wait();
            return thread!;
        }
    }

    [Fact]
    public void What_a_job_throws_is_thrown_after_all_are_idle_and_no_job_is_begun_after_it()
    {
        int begun = 0, ended = 0;
        using var bothAtWork = new Barrier(2);
        using var threads = new LaneThreads();
        var failure = Assert.Throws<FormatException>(() => threads.Run(2, 100, (_, job) =>
        {
            Interlocked.Increment(ref begun);
            if (job < 2) bothAtWork.SignalAndWait();
            if (job == 0) throw new FormatException("job 0");
            Thread.Sleep(20);
            Interlocked.Increment(ref ended);
        }));
        Assert.Equal("job 0", failure.Message);
        Assert.Equal(begun - 1, ended);
        Assert.InRange(begun, 2, 4);
        threads.Run(2, 10, (_, _) => Interlocked.Increment(ref ended));
        Assert.Equal(begun - 1 + 10, ended);
    }
}
