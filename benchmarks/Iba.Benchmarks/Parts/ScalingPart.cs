namespace Iba.Benchmarks;

/// <summary>How time and memory grow with steps, noise copies, image size and images per pass.</summary>
internal sealed class ScalingPart : IBenchmarkPart
{
    private static readonly int[] Steps = [5, 10, 20];
    private static readonly int[] Copies = [1, 5, 20];
    private static readonly int[] RowsPerPass = [1, 2, 4, 8];
    private static readonly int[] Sizes = [128, 224, 320];

    public string Name => "scaling";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        var basis = new WorkOrder { Kind = WorkKind.Bottleneck, File = network.File, Layer = network.Layer };
        var table = new Table($"{network.Name}, {network.LayerTitle}", "seconds for one heat map", "peak memory");
        Measure(table, settings, [
            .. Steps.Select(steps => ($"T = {steps}, K = 10", basis with { Steps = steps })),
            .. Copies.Select(copies => ($"T = 10, K = {copies}", basis with { Copies = copies })),
            .. RowsPerPass.Select(rows => ($"T = 10, K = 10, 8 images, {rows} a pass", basis with { Images = 8, Batch = 8, RowsPerPass = rows })),
        ]);

        var resnet = BenchmarkNetwork.All(settings.NetworkFolder)[1];
        var sizes = new Table($"{resnet.Name}, {resnet.LayerTitle}", "seconds for one heat map", "peak memory");
        if (File.Exists(resnet.File))
        {
            Measure(sizes, settings, [.. Sizes.Select(size =>
                ($"{size}x{size}, T = 2, K = 10", basis with { File = resnet.File, Layer = resnet.Layer, Size = size, Steps = 2 }))]);
        }

        return
            $"""
            ## What it costs more of

            Time grows in proportion to T, and with K beside a fixed cost of each pass.
            Several images in one pass share that cost, at the price of memory: `BottleneckOptions.MaxRowsPerPass` bounds it.

            {table}
            {sizes}
            """;
    }

    private static void Measure(Table table, BenchmarkSettings settings, (string Title, WorkOrder Order)[] cases)
    {
        using var contest = new Contest("Scaling", Math.Min(settings.Rounds, 3));
        var contestants = cases.Select(entry => (entry.Order, Contestant: contest.Add(entry.Title, WorkerProcess.Start(entry.Order, settings.Threads)))).ToArray();
        contest.Run();
        foreach (var (order, contestant) in contestants)
        {
            var perImage = new Sample(contestant.Readings.Select(reading => reading.Seconds / order.Images));
            table.Add(contestant.Name, Table.Spread(perImage), Table.Mebibytes(contestant.PeakBytes));
        }
    }
}
