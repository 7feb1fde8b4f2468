using Iba.Torch;
using TorchSharp;

namespace Iba.Evaluation;

/// <summary>Explains rows by a contender and judges the maps.</summary>
internal sealed class Judge : IDisposable
{
    private const int Points = 17;

    private readonly Subject _subject;
    private readonly SplitNetwork _split;
    private readonly LayerStatistics? _statistics;
    private readonly AttributionMethod _method;

    public Judge(Subject subject, Contender contender)
    {
        _subject = subject;
        _split = contender.Layer == null ? subject.Network.SplitAtInput() : subject.Network.Split(contender.Layer);
        _statistics = contender.NeedsStatistics ? subject.Statistics(contender.Layer!) : null;
        _method = contender.Make(_statistics);
    }

    /// <summary>The row's measurement, and its map.</summary>
    public (Measurement Measurement, float[] Map) Run(EvaluatedRow row)
    {
        using var scope = torch.NewDisposeScope();
        // Processor time: others may use the machine, and what they take is not the method's.
        var before = Environment.CpuUsage.TotalTime;
        using var attribution = _method.Explain(_split, row.Inputs, new AttributionRequest { ChannelDimension = _split.LayerName.Length > 0 ? _subject.ChannelDimension : 1 });
        attribution.ThrowIfFailed();
        long[] size = row.Photograph is { } photograph ? [photograph.Height, photograph.Width] : [row.Inputs[0].shape[1]];
        var map = attribution.ToMap(size).to(torch.float32);
        double seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;

        var request = new AttributionRequest { Target = ExplanationTarget.Label, Labels = attribution.Targets, ChannelDimension = row.Photograph == null ? 0 : 1 };
        using var rows = new EvaluationRows(_subject.Network, row.Inputs, request, _subject.Network.Inputs[0].Name);
        long target = attribution.Targets.item<long>();
        float[] values = map.contiguous().data<float>().ToArray();
        if (_subject.Replacement is { } replacement)
        {
            var words = new TokenInsertionDeletion(replacement).Measure(rows, map)[0];
            return (new Measurement(row.Name, target, seconds, null, null, words.InsertionArea, words.DeletionArea), values);
        }

        var curves = new InsertionDeletion { PixelsPerStep = (int)Math.Ceiling((double)values.Length / (Points - 1)) }.Measure(rows, map)[0];
        return (new Measurement(row.Name, target, seconds, Degrade(rows, map, 14), Degrade(rows, map, 8), curves.InsertionArea, curves.DeletionArea), values);
    }

    public void Dispose()
    {
        _method.Dispose();
        _statistics?.Dispose();
        _split.Dispose();
    }

    private static CurvePair Degrade(EvaluationRows rows, torch.Tensor map, int tile)
    {
        int tiles = (int)(map.shape[1] / tile * (map.shape[2] / tile));
        int[] counts = [.. Enumerable.Range(0, Points).Select(point => (int)((long)point * tiles / (Points - 1))).Distinct()];
        var curves = new DegradationTest(tile) { Counts = counts }.Measure(rows, map)[0];
        return new CurvePair([.. curves.Counts], [.. curves.MostRelevantFirst], [.. curves.LeastRelevantFirst], curves.CanNormalize ? curves.Integral : null);
    }
}
