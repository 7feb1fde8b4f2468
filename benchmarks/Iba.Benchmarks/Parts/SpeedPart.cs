using System.Text;

namespace Iba.Benchmarks;

/// <summary>This library against the whole network re-run, against the reference implementation itself, and against the floor.</summary>
internal sealed class SpeedPart : IBenchmarkPart
{
    public string Name => "speed";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var times = new Table("Network", "this library [s]", "whole network [s]", "reference package [s]", "floor [s]", "peak memory", "peak of the whole network");
        var ratios = new Table("Network, layer", "whole network / library", "by processor time", "bar", "floor / library", "by processor time", "bar");
        var chart = new SpeedChart();
        foreach (var network in settings.Choose())
        {
            var order = new WorkOrder
            {
                Kind = WorkKind.Bottleneck,
                File = network.File,
                Layer = network.Layer,
                Steps = settings.Steps,
                Copies = settings.Copies,
            };
            using var contest = new Contest(network.Name, settings.Rounds);
            var library = contest.Add("this library", WorkerProcess.Start(order, settings.Threads));
            var plain = contest.Add("floor, plain layout", WorkerProcess.Start(order with { Kind = WorkKind.Tail }, settings.Threads));
            var last = contest.Add("floor, channels last", WorkerProcess.Start(order with { Kind = WorkKind.Tail, ChannelsLast = true }, settings.Threads));
            var whole = contest.Add("whole network", WorkerProcess.Start(order with { Kind = WorkKind.WholeNetwork }, settings.Threads, defaultAllocator: true));
            var reference = Reference(settings, network) is { } process ? contest.Add("reference package", process) : null;
            contest.Run();

            var floor = plain.Seconds.Median < last.Seconds.Median ? plain : last;
            var speed = whole.Over(library);
            var share = floor.Over(library);
            times.Add(
                network.Name, Table.Spread(library.Seconds), Table.Spread(whole.Seconds), reference is null ? "-" : Table.Spread(reference.Seconds),
                Table.Spread(floor.Seconds), Table.Mebibytes(library.PeakBytes), Table.Mebibytes(whole.PeakBytes));
            ratios.Add(
                $"{network.Name}, {network.LayerTitle}", Table.Times(speed.Clock), Table.Times(speed.Processor), $">= {network.Bar}x",
                $"{share.Clock.Median:P0}", $"{share.Processor.Median:P0}", ">= 85 %");
            chart.Add(network.Name, library, whole, reference, floor);
        }

        chart.Save(Path.Combine(folder, "benchmarks.png"));
        var text = new StringBuilder();
        text.AppendLine("## One image: against the whole network re-run, and against the floor").AppendLine();
        text.AppendLine(Explanation).AppendLine();
        text.AppendLine(times.ToString()).AppendLine(ratios.ToString());
        text.AppendLine("![Seconds for one heat map](pictures/benchmarks.png)").AppendLine();
        return text.ToString();
    }

    private const string Explanation =
        """
        Seconds for one heat map of one 224x224 image, as "median (least-most)" over the rounds. Contestants are processes of their own that
        take turns, round by round; ratios are medians of the rounds' ratios. Ratios by processor time count the work of all threads and
        hardly depend on what else the machine does.

        - *this library*: head once, K noisy copies through the tail at each step, heat map.
        - *whole network*: what the reference implementation does, on the same libtorch: at each step the whole network runs on K copies of
          the image, the noise comes in at the layer, capacity for each copy, gradients of all weights; batch normalisation as in the file,
          plain layout, glibc's default allocator.
        - *reference package*: the paper's own PyTorch package under Debian's PyTorch, told to use the same number of threads.
        - *floor*: T forward and backward passes of the tail on K copies and nothing else (no head, no noise, no mask, no heat map), in the
          faster of the two memory layouts.
        """;

    private static WorkerProcess? Reference(BenchmarkSettings settings, BenchmarkNetwork network)
    {
        string name = Path.GetFileNameWithoutExtension(network.File);
        if (settings.Reference is null || name is not ("resnet50" or "vgg16")) return null;
        return WorkerProcess.StartReference(settings.Python, settings.Reference, name, settings.Steps, settings.Copies, settings.Threads);
    }
}
