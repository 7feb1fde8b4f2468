namespace Iba.Hosting.Tests;

public sealed class WorkQueueTests : IDisposable
{
    private readonly WorkQueue _queue = new(capacity: 2, "test");
    private readonly ManualResetEventSlim _begun = new(), _goOn = new();
    private readonly List<int> _order = [];

    public void Dispose()
    {
        _goOn.Set();
        _queue.Dispose();
        _begun.Dispose();
        _goOn.Dispose();
    }

    /// <summary>Keeps the thread at work until <see cref="_goOn"/>.</summary>
    private Task<int> Occupy()
    {
        var task = _queue.TryRun(_ =>
        {
            _begun.Set();
            _goOn.Wait(CancellationToken.None);
            return 0;
        }, default)!;
        _begun.Wait();
        return task;
    }

    private Task<int>? Enter(int number, CancellationToken cancellation = default) => _queue.TryRun(_ =>
    {
        _order.Add(number);
        return number;
    }, cancellation);

    [Fact]
    public async Task First_come_first_served_and_no_more_than_may_wait()
    {
        var first = Occupy();
        var second = Enter(2);
        var third = Enter(3);
        Assert.Equal(2, _queue.Waiting);
        Assert.Null(Enter(4));

        _goOn.Set();
        int[] given = await Task.WhenAll(first, second!, third!);
        Assert.Equal([0, 2, 3], given);
        Assert.Equal([2, 3], _order);
        Assert.Equal(5, await Enter(5)!);
    }

    [Fact]
    public async Task Whoever_gives_up_while_waiting_makes_room_at_once()
    {
        var first = Occupy();
        using var cancellation = new CancellationTokenSource();
        var second = Enter(2, cancellation.Token)!;
        var third = Enter(3)!;
        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, _queue.Waiting);
        var fourth = Enter(4);
        Assert.NotNull(fourth);
        _goOn.Set();
        await Task.WhenAll(first, third, fourth);
        Assert.Equal([3, 4], _order);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Enter(6, cancellation.Token)!);
    }

    [Fact]
    public async Task Work_sees_its_callers_token_and_failures_reach_their_callers_alone()
    {
        using var cancellation = new CancellationTokenSource();
        var cancelled = _queue.TryRun<int>(token =>
        {
            cancellation.Cancel();
            token.ThrowIfCancellationRequested();
            return 0;
        }, cancellation.Token)!;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAsync<InvalidDataException>(() => _queue.TryRun<int>(_ => throw new InvalidDataException("bad"), default)!);
        Assert.Equal(7, await Enter(7)!);
    }

    [Fact]
    public async Task A_token_that_outlives_the_work_does_not_keep_it()
    {
        using var source = new CancellationTokenSource();
        var works = new List<WeakReference>();
        for (int i = 0; i < 200; i++) works.Add(await Do(source.Token));
        for (int tries = 0; works.Any(work => work.IsAlive) && tries < 100; tries++)
        {
            await Task.Delay(20);
            GC.Collect();
        }

        // The thread's own variables may hold the last one.
        Assert.InRange(works.Count(work => work.IsAlive), 0, 1);

        async Task<WeakReference> Do(CancellationToken cancellation)
        {
            object heavy = new();
            await _queue.TryRun(_ => heavy.GetHashCode(), cancellation)!;
            return new WeakReference(heavy);
        }
    }

    [Fact]
    public async Task The_end_cancels_what_is_under_way_and_what_waits()
    {
        var first = _queue.TryRun<int>(token =>
        {
            _begun.Set();
            token.WaitHandle.WaitOne();
            token.ThrowIfCancellationRequested();
            return 0;
        }, default)!;
        _begun.Wait();
        var second = Enter(2)!;
        _queue.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Empty(_order);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Enter(3)!);
    }
}
