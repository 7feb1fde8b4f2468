using System.Globalization;

namespace Iba.Benchmarks;

/// <summary>Memory and speed over many heat maps.</summary>
internal sealed class MemoryPart : IBenchmarkPart
{
    private const int HeatMaps = 100;
    private const int Rounds = 10;

    public string Name => "memory";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        var order = new WorkOrder { Kind = WorkKind.Bottleneck, File = network.File, Layer = network.Layer, Steps = 2, Copies = 4, Images = HeatMaps };
        using var contest = new Contest("Memory", Rounds);
        var library = contest.Add("this library", WorkerProcess.Start(order, settings.Threads));
        contest.Run(warmUp: false);

        var table = new Table("heat maps so far", "resident memory", "peak", "live tensors", "seconds for the last 100");
        for (int round = 0; round < Rounds; round++)
        {
            var reading = library.Readings[round];
            table.Add(
                $"{(round + 1) * HeatMaps}", Table.Mebibytes(reading.ResidentBytes), Table.Mebibytes(reading.PeakBytes), $"{reading.LiveTensors}",
                reading.Seconds.ToString("F1", CultureInfo.InvariantCulture));
        }

        double growth = ((double)library.Readings[^1].ResidentBytes / library.Readings[0].ResidentBytes) - 1;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            ## Many images: memory stays flat

            {HeatMaps * Rounds} heat maps, one at a time, of {network.Name} at {network.LayerTitle} with T = 2 and K = 4, so that it does not take hours. The live tensors
            are the network's weights, the statistics, the noise and the images.

            {table}
            From {HeatMaps} to {HeatMaps * Rounds} heat maps resident memory changes by {100 * growth:F1} %; the bar is 2 %.
            """);
    }
}
