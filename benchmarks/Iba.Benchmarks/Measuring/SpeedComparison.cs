using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>One network's contest: who needs how long for a heat map.</summary>
/// <param name="Title">The network, and the images a pass where they are several.</param>
/// <param name="Network">The network.</param>
/// <param name="Library">This library, with the settings of the command line: those of <see cref="IbaPreset.Paper"/> unless told otherwise.</param>
/// <param name="Fast">This library with <see cref="IbaPreset.Fast"/>.</param>
/// <param name="Draft">This library with <see cref="IbaPreset.Draft"/>.</param>
/// <param name="Whole">The whole network re-run at each step.</param>
/// <param name="WholeKeeping">The same, keeping freed buffers as this library does.</param>
/// <param name="Reference">The reference implementation's package, if it takes part.</param>
/// <param name="Floor">The tail's forward and backward passes alone, in the faster memory layout.</param>
internal sealed record SpeedComparison(
    string Title, BenchmarkNetwork Network, Contestant Library, Contestant Fast, Contestant Draft, Contestant Whole, Contestant WholeKeeping, Contestant? Reference, Contestant Floor)
{
    /// <param name="settings">What the command line asks for.</param>
    /// <param name="network">The network.</param>
    /// <param name="rows">Images that go through the tail together; the whole network and the reference package take one at a time.</param>
    public static SpeedComparison Run(BenchmarkSettings settings, BenchmarkNetwork network, int rows)
    {
        string title = rows == 1 ? network.Name : $"{network.Name}, {rows} images a pass";
        var one = settings.Order(WorkKind.Bottleneck, network);
        var order = one with { Images = rows, Batch = rows };
        using var contest = new Contest(title, settings.Rounds, settings.Threads);
        var library = contest.Add("this library", order);
        var fast = contest.Add("Fast", order with { Preset = IbaPreset.Fast });
        var draft = contest.Add("Draft", order with { Preset = IbaPreset.Draft });
        var plain = contest.Add("floor, plain layout", order with { Kind = WorkKind.Tail });
        var last = contest.Add("floor, channels last", order with { Kind = WorkKind.Tail, ChannelsLast = true });
        var whole = contest.Add("whole network", one with { Kind = WorkKind.WholeNetwork }, defaultAllocator: true);
        var keeping = contest.Add("whole network, buffers kept", one with { Kind = WorkKind.WholeNetwork });
        var reference = settings is { Reference: { } package, OnGpu: false }
            ? contest.Add("reference package", WorkerProcess.StartReference(settings.Python, package, one, settings.Threads))
            : null;
        contest.Run();
        return new SpeedComparison(title, network, library, fast, draft, whole, keeping, reference, plain.Seconds.Median < last.Seconds.Median ? plain : last);
    }
}
