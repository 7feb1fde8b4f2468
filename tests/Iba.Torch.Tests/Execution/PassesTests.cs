using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Iba.Torch.Tests;

/// <summary>Which rows share a pass, and what happens when memory runs out.</summary>
public class PassesTests
{
    private readonly ConcurrentQueue<int[]> _done = [];
    private readonly List<(int Tried, int Fitted)> _outOfMemory = [];

    private sealed class FakeLane(bool canFork, double bytesPerRow, ConcurrentBag<FakeLane> all) : ILane<FakeLane>
    {
        public bool IsDisposed { get; private set; }

        public double BytesPerRow { get; set; } = bytesPerRow;

        public FakeLane? Fork() => canFork ? Add(new FakeLane(canFork, BytesPerRow, all), all) : null;

        public static FakeLane Add(FakeLane lane, ConcurrentBag<FakeLane> all)
        {
            all.Add(lane);
            return lane;
        }

        public void Dispose() => IsDisposed = true;
    }

    private readonly ConcurrentBag<FakeLane> _lanes = [];

    private Passes<FakeLane> Open(ExecutionOptions options, bool canFork = true, double bytesPerRow = 0)
        => new(options, () => FakeLane.Add(new FakeLane(canFork, bytesPerRow, _lanes), _lanes), (tried, fitted) => _outOfMemory.Add((tried, fitted)));

    private void Run(Passes<FakeLane> passes, int[][] groups, int? rowsPerPass = null, Action<FakeLane, int[]>? pass = null, DeviceType device = DeviceType.CPU)
        => passes.Run(groups, rowsPerPass, device, _ => 1, (lane, rows) =>
        {
            pass?.Invoke(lane, rows);
            _done.Enqueue(rows);
        });

    private static int[] Rows(int count, int first = 0) => Enumerable.Range(first, count).ToArray();

    [Fact]
    public void Groups_are_cut_into_passes_and_never_joined()
    {
        using var passes = Open(new() { PassesAtOnce = 1 });
        Run(passes, [Rows(5), Rows(2, first: 5)], rowsPerPass: 3);
        Assert.Equal([[0, 1, 2], [3, 4], [5, 6]], _done);
        _done.Clear();
        Run(passes, [Rows(5), Rows(2, first: 5)]);
        Assert.Equal([[0, 1, 2, 3, 4], [5, 6]], _done);
    }

    [Fact]
    public void A_budget_waits_for_the_first_row_to_tell_its_size()
    {
        using var passes = Open(new() { PassesAtOnce = 1, MemoryBudget = 350 });
        Run(passes, [Rows(8)], pass: (lane, _) => lane.BytesPerRow = 100);
        Assert.Equal([1, 3, 3, 1], _done.Select(rows => rows.Length));
        Assert.Equal(Rows(8), _done.SelectMany(rows => rows));
    }

    [Fact]
    public void Out_of_memory_halves_the_rows_of_a_pass_says_so_once_and_is_remembered()
    {
        using var passes = Open(new() { PassesAtOnce = 1 });
        Run(passes, [Rows(8)], pass: Full(2));
        Assert.Equal(Rows(8), _done.SelectMany(rows => rows));
        Assert.All(_done, rows => Assert.Equal(2, rows.Length));
        Assert.Equal([(8, 2)], _outOfMemory);
        Assert.Equal(2, passes.FittedRows);
        _done.Clear();
        Run(passes, [Rows(4)], pass: Full(2));
        Assert.Equal([2, 2], _done.Select(rows => rows.Length));
        Assert.Single(_outOfMemory);

        static Action<FakeLane, int[]> Full(int most) => (_, rows) =>
        {
            if (rows.Length > most) throw new NativeFailure("out of memory");
        };
    }

    [Fact]
    public void With_several_lanes_out_of_memory_takes_lanes_first_and_computes_no_row_twice()
    {
        using var passes = Open(new() { PassesAtOnce = 4 });
        int working = 0;
        Run(passes, [Rows(12)], rowsPerPass: 1, (_, _) =>
        {
            try
            {
                if (Interlocked.Increment(ref working) > 1) throw new InvalidOperationException("Conv failed.", new NativeFailure("bad_alloc"));
                Thread.Sleep(10);
            }
            finally
            {
                Interlocked.Decrement(ref working);
            }
        });
        Assert.Equal(Rows(12), _done.SelectMany(rows => rows).Order());
        Assert.Equal((4, 1), Assert.Single(_outOfMemory));
        Assert.Null(passes.FittedRows);
    }

    [Fact]
    public void A_row_that_does_not_fit_alone_ends_the_run()
    {
        using var passes = Open(new() { PassesAtOnce = 1 });
        var failure = Assert.Throws<NativeFailure>(() => Run(passes, [Rows(4)], pass: (_, rows) =>
        {
            if (rows.Contains(2)) throw new NativeFailure("out of memory");
        }));
        Assert.Contains("out of memory", failure.Message, StringComparison.Ordinal);
        Assert.Equal([0, 1], _done.SelectMany(rows => rows));
    }

    [Fact]
    public void What_lost_a_scalar_is_computed_once_more()
    {
        using var passes = Open(new() { PassesAtOnce = 1 });
        int calls = 0;
        Run(passes, [Rows(1)], pass: (_, _) =>
        {
            if (++calls == 1) throw new NativeFailure("Unknown type in Scalar.h");
        });
        Assert.Equal(2, calls);
        Assert.Single(_done);
    }

    [Fact]
    public void Other_failures_pass_through()
    {
        using var passes = Open(new() { PassesAtOnce = 2 });
        Assert.Throws<InvalidDataException>(() => Run(passes, [Rows(4)], rowsPerPass: 1, (_, _) => throw new InvalidDataException("no")));
        Assert.Empty(_outOfMemory);
    }

    [Theory]
    [InlineData(true, DeviceType.CPU, 3)]
    [InlineData(false, DeviceType.CPU, 1)] // The work has to stay on one thread.
    [InlineData(true, DeviceType.CUDA, 1)]
    public void Lanes_are_opened_as_asked_where_that_is_possible_and_disposed(bool canFork, DeviceType device, int expected)
    {
        using (var passes = Open(new() { PassesAtOnce = 3 }, canFork)) Run(passes, [Rows(6)], rowsPerPass: 1, device: device);
        Assert.Equal(expected, _lanes.Count);
        Assert.All(_lanes, lane => Assert.True(lane.IsDisposed));
        Assert.Equal(Rows(6), _done.SelectMany(rows => rows).Order());
    }

    private sealed class NativeFailure(string message) : ExternalException(message);
}
