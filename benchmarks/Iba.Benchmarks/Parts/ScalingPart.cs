namespace Iba.Benchmarks;

/// <summary>How time and memory grow with steps, noise copies, images per pass, image size and number of images.</summary>
internal sealed class ScalingPart : IBenchmarkPart
{
    private static readonly int[] Steps = [5, 10, 20];
    private static readonly int[] Copies = [1, 5, 20];
    private static readonly int[] RowsPerPass = [1, 2, 4, 8];
    private static readonly int[] Sizes = [128, 224, 320];
    private static readonly int[] Numbers = [100, 1_000, 10_000];

    public string Name => "scaling";

    public string Method => "T steps and K noise copies as the tables say";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var networks = BenchmarkNetwork.All(settings.NetworkFolder);
        var (lite, resnet) = (networks[0], networks[1]);
        var basis = settings.Order(WorkKind.Bottleneck, lite) with { Steps = 10, Copies = 10 };
        var table = Measure($"{lite.Name}, {lite.LayerTitle}", settings, [
            .. Steps.Select(steps => ($"T = {steps}, K = 10", basis with { Steps = steps })),
            .. Copies.Select(copies => ($"T = 10, K = {copies}", basis with { Copies = copies })),
            .. RowsPerPass.Select(rows => ($"T = 10, K = 10, 8 images, {rows} a pass", basis with { Images = 8, Batch = 8, RowsPerPass = rows })),
        ]);
        var size = settings.Order(WorkKind.Bottleneck, resnet) with { Steps = 2, Copies = 10 };
        var sizes = File.Exists(resnet.File)
            ? Measure($"{resnet.Name}, {resnet.LayerTitle}", settings, [.. Sizes.Select(side => ($"{side}x{side}, T = 2, K = 10", size with { Size = side }))])
            : null;
        return
            $"""
            ## What it costs more of

            Time grows in proportion to T, and with K beside a fixed cost of each pass.
            Several images in one pass share that cost, at the price of memory: `BottleneckOptions.MaxRowsPerPass` bounds it.

            {table}
            {sizes}
            ### Number of images

            Images of 32x32 pixels, made as they are read, through the ML.NET pipeline and a small convolutional network (features [32, 16, 16]),
            8 rows a batch, T = 5 and K = 4, so that it takes minutes. *Held* is resident memory after a garbage collection and
            after free memory was handed back to the system; *live tensors after* are counted when the transformer and the network are disposed.

            {NumberOfImages(settings)}
            """;
    }

    private static Table Measure(string title, BenchmarkSettings settings, (string Title, WorkOrder Order)[] cases)
    {
        using var contest = new Contest("Scaling", Math.Min(settings.Rounds, 3), settings.Threads);
        var contestants = cases.Select(entry => contest.Add(entry.Title, entry.Order)).ToArray();
        contest.Run();
        var table = new Table(title, "seconds for one heat map", "peak memory", "live tensors");
        foreach (var contestant in contestants)
        {
            table.Add(contestant.Name, Table.Spread(contestant.Seconds), Table.Mebibytes(contestant.PeakBytes), $"{contestant.LiveTensors}");
        }

        return table;
    }

    private static Table NumberOfImages(BenchmarkSettings settings)
    {
        var table = new Table("images", "milliseconds for one", "held", "peak memory", "live tensors", "live tensors after");
        foreach (int images in Numbers)
        {
            var order = new WorkOrder { Kind = WorkKind.SmallImages, Layer = SmallNetwork.Layer, Steps = 5, Copies = 4, Images = images, Batch = 8 };
            using var contest = new Contest("Number of images", 1, settings.Threads);
            var contestant = contest.Add($"{images}", order);
            contest.Run();
            table.Add(
                $"{images}", Table.Milliseconds(contestant.Seconds), Table.Mebibytes(contestant.Process.TidyUp().ResidentBytes), Table.Mebibytes(contestant.PeakBytes),
                $"{contestant.LiveTensors}", $"{contestant.Process.Finish().LiveTensors}");
        }

        return table;
    }
}
