using System.Globalization;

namespace Iba.Benchmarks;

/// <summary>Memory and speed over many heat maps.</summary>
internal sealed class MemoryPart : IBenchmarkPart
{
    private const int HeatMaps = 100;
    private const int Rounds = 10;

    public string Name => "memory";

    public string Method => "T = 2 steps, K = 4 noise copies";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        var order = settings.Order(WorkKind.Bottleneck, network) with { Steps = 2, Copies = 4, Images = HeatMaps };
        using var worker = WorkerProcess.Start(order, settings.Threads);
        var table = new Table("heat maps so far", "held", "resident", "peak", "live tensors", "seconds for the last 100");
        var held = new List<long>();
        for (int round = 1; round <= Rounds; round++)
        {
            var reading = worker.Run();
            held.Add(worker.TidyUp().ResidentBytes);
            Console.WriteLine($"Memory: {round * HeatMaps} heat maps, {held[^1] >> 20} MiB");
            table.Add(
                $"{round * HeatMaps}", Table.Mebibytes(held[^1]), Table.Mebibytes(reading.ResidentBytes), Table.Mebibytes(reading.PeakBytes),
                $"{reading.LiveTensors}", reading.Seconds.ToString("F1", CultureInfo.InvariantCulture));
        }

        long left = worker.Finish().LiveTensors;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            ## Many images: memory stays flat

            {HeatMaps * Rounds} heat maps, one at a time, of {network.Name} at {network.LayerTitle} with T = 2 and K = 4, so that it does not take hours.

            - *held*: resident memory after a garbage collection and after free memory was handed back to the system (`malloc_trim`): what the
              process cannot do without. This is what the bar is about.
            - *resident*: resident memory at the end of the hundred, as it happens to be. Freed buffers lie idle in it, more or less of them: the
              library hands them back every 32 rows only, because each time costs what keeping them saves.
            - *peak*: the largest resident memory since the start.
            - *live tensors*: TorchSharp's tensors alive: the network's weights, the statistics, the noise and the images.

            {table}
            From {HeatMaps} to {HeatMaps * Rounds} heat maps the memory held changes by {100 * (((double)held[^1] / held[0]) - 1):F1} %; the bar is 2 %.
            Live tensors after everything was disposed: {left}; the bar is 0.
            """);
    }
}
