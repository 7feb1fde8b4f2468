using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Iba.Jobs;

namespace Iba.Scale;

/// <summary>What large jobs take, from what was measured.</summary>
internal static partial class ScaleTable
{
    private const int Side = 28;
    private const int ListedShards = 100_000;
    private const int WrittenRows = 500;

    private static readonly TimeSpan ShardTime = TimeSpan.FromMinutes(1);
    private static readonly long[] Jobs = [1_000_000, 100_000_000];
    private static readonly int[] Machines = [100, 1000];

    /// <summary>Makes the table.</summary>
    /// <param name="benchmarks">The text of docs/benchmarks.md.</param>
    /// <param name="price">What a machine costs an hour.</param>
    public static string Make(string benchmarks, double price)
    {
        double seconds = double.Parse(SecondsPattern().Match(benchmarks).Groups[1].Value, CultureInfo.InvariantCulture);
        double bytes = BytesPerRow(), listing = SecondsOfListing();
        int shardRows = (int)(ShardTime.TotalSeconds / seconds);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Measured: {seconds:F3} s for an image on a machine with two cores (docs/benchmarks.md, "as it is by default"); {bytes:N0} bytes for a row with a map
            of {Side} x {Side} random numbers, which compress worst; {listing:F2} s to list {ListedShards:N0} shards on a local disk.
            Assumed: {price:F2} an hour for such a machine; shards of {ShardTime.TotalSeconds:F0} s, which are {shardRows} images.

            | images | shards | machine hours | cost | {string.Join(" | ", Machines.Select(machines => string.Create(CultureInfo.InvariantCulture, $"time on {machines:N0} machines")))} | result | listing |
            |---:|---:|---:|---:|{string.Concat(Machines.Select(_ => "---:|"))}---:|---:|
            {string.Join('\n', Jobs.Select(images => Row(images, seconds, bytes, listing, shardRows, price)))}
            """);
    }

    private static string Row(long images, double seconds, double bytes, double listing, int shardRows, double price)
    {
        long shards = (images + shardRows - 1) / shardRows;
        double hours = images * seconds / 3600;
        string times = string.Join(" | ", Machines.Select(machines => string.Create(CultureInfo.InvariantCulture, $"{hours / machines:N1} h")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {images:N0} | {shards:N0} | {hours:N0} | {hours * price:N0} | {times} | {images * bytes / 1e9:N1} GB | {listing * shards / ListedShards:F2} s |");
    }

    // The table row of the chapter on the pipeline.
    [GeneratedRegex(@"\| the same, as it is by default \| ([0-9.]+) \(")]
    private static partial Regex SecondsPattern();

    private static double BytesPerRow()
    {
        var random = new Random(1);
        using var stream = new MemoryStream();
        using var writer = new ResultWriter(stream, []);
        for (int row = 0; row < WrittenRows; row++)
        {
            float[] map = [.. Enumerable.Range(0, Side * Side).Select(_ => random.NextSingle())];
            writer.Add(new JobRow
            {
                Row = row,
                Uri = $"photographs/{row:D8}.jpg",
                Target = random.Next(1000),
                TargetName = "a class",
                Predicted = random.Next(1000),
                Probability = random.NextSingle(),
                ProbabilityWithBottleneck = random.NextSingle(),
                Bits = map.Sum(),
                MapShape = [Side, Side],
                InputShape = [8 * Side, 8 * Side],
                Heatmap = map,
            });
        }

        writer.Close();
        return (double)stream.Length / WrittenRows;
    }

    private static double SecondsOfListing()
    {
        string root = Directory.CreateTempSubdirectory("iba-scale-").FullName;
        try
        {
            var folder = new JobFolder(root);
            for (int shard = 0; shard < ListedShards; shard++)
            {
                string path = folder.Shard(shard);
                if (shard % 1000 == 0) Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Create(path).Dispose();
            }

            long began = Stopwatch.GetTimestamp();
            int found = folder.Committed().Count;
            return found == ListedShards ? Stopwatch.GetElapsedTime(began).TotalSeconds : throw new InvalidOperationException($"{found} shards were found.");
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
