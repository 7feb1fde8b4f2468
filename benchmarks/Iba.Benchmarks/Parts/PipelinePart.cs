using System.Globalization;

namespace Iba.Benchmarks;

/// <summary>The ML.NET pipeline, from image files to a column of heat maps, against the bottleneck alone.</summary>
internal sealed class PipelinePart : IBenchmarkPart
{
    private const int Photos = 16;

    public string Name => "pipeline";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        // One row a pass is what the component does on the CPU for features of this size.
        var order = settings.Order(WorkKind.Photographs, network) with { Images = Photos, Batch = 8, RowsPerPass = 1 };
        using var contest = new Contest("Pipeline", settings.Rounds, settings.Threads);
        var bare = contest.Add("bottleneck alone", order with { Kind = WorkKind.PreparedPhotographs });
        var pipeline = contest.Add("pipeline", order with { PassesAtOnce = 1 });
        var several = contest.Add("several at once", order);
        contest.Run();

        var overhead = pipeline.Over(bare);
        var atOnce = pipeline.Over(several);
        var table = new Table("", "seconds for one image", "peak memory");
        table.Add("head, bottleneck and heat map of prepared images", Table.Spread(bare.Seconds, "F3"), Table.Mebibytes(bare.PeakBytes));
        table.Add("pipeline from image files to heat maps, one at a time", Table.Spread(pipeline.Seconds, "F3"), Table.Mebibytes(pipeline.PeakBytes));
        table.Add("the same, as it is by default", Table.Spread(several.Seconds, "F3"), Table.Mebibytes(several.PeakBytes));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            ## The pipeline: image files in, heat maps out

            {Photos} photographs through {network.Name} at {network.LayerTitle}, 8 rows a batch: `LoadImages`, then `Iba`, read by a cursor; against the
            same work on images that were decoded and prepared beforehand.

            {table}
            The pipeline costs {100 * (overhead.Clock.Median - 1):F1} % more (by processor time {100 * (overhead.Processor.Median - 1):F1} %); the bar is 5 %.
            By default several photographs are explained at the same time where a trial shows that to be faster: {atOnce.Clock.Median:F2} times as fast here, for
            {(double)several.PeakBytes / pipeline.PeakBytes:F1} times the peak memory. `PassesAtOnce = 1` does without it.
            """);
    }
}
