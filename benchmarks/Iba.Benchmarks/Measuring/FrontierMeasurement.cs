using System.Diagnostics;
using Iba.Onnx;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>Maps of the same photographs by several settings and seeds.</summary>
internal sealed class FrontierMeasurement : IDisposable
{
    private const int Tile = 28;

    private readonly OnnxNetwork _network;
    private readonly SplitNetwork _split;
    private readonly LayerStatistics _statistics;
    private readonly EvaluationRows _rows;
    private readonly Tensor _photos;
    private readonly int _seeds;

    /// <param name="network">The network, and where it is cut.</param>
    /// <param name="photos">The number of photographs.</param>
    /// <param name="seeds">The number of seeds, at least 2.</param>
    public FrontierMeasurement(BenchmarkNetwork network, int photos, int seeds)
    {
        _seeds = seeds;
        _network = OnnxNetwork.Load(network.File);
        _split = _network.Split(network.Layer);
        using var all = Images.Photos(int.MaxValue);
        _photos = all.narrow(0, 0, Math.Min(photos, all.shape[0])).clone();
        using var accumulator = new LayerStatisticsAccumulator();
        for (long photo = 0; photo < all.shape[0]; photo++)
        {
            using var one = all.narrow(0, photo, 1);
            using var activation = _split.Head([one]);
            accumulator.Add(activation.Features);
        }

        _statistics = accumulator.ToStatistics();
        _rows = new EvaluationRows(_network, [_photos]);
    }

    /// <summary>The number of photographs.</summary>
    public long Photos => _photos.shape[0];

    /// <summary>Measures the settings; the first is what the others are held against.</summary>
    public IReadOnlyList<FrontierPoint> Run(IReadOnlyList<FrontierSetting> settings)
    {
        double[][][]? reference = null;
        var points = new List<FrontierPoint>();
        foreach (var setting in settings)
        {
            Console.WriteLine($"Frontier: {setting.Name}");
            var seconds = new List<double>();
            double[][][] maps = [.. Enumerable.Range(0, _seeds).Select(seed => Explain(setting, seed, seconds))];
            reference ??= maps;
            var (correlation, bits) = Compare(maps, reference);
            points.Add(new FrontierPoint(setting, new Sample(seconds), correlation, bits, [.. maps.SelectMany(Degrade)]));
        }

        return points;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _photos.Dispose();
        _statistics.Dispose();
        _split.Dispose();
        _network.Dispose();
    }

    private double[][] Explain(FrontierSetting setting, long seed, List<double> seconds)
    {
        using var method = new PerSampleBottleneck(_statistics, setting.Make(seed));
        return [.. Enumerable.Range(0, (int)Photos).Select(photo =>
        {
            using var scope = NewDisposeScope();
            var before = Process.GetCurrentProcess().TotalProcessorTime;
            using var explained = method.Explain(_split, [_photos.narrow(0, photo, 1)]);
            // The first map of a seed draws the noise, which the others find.
            if (photo > 0 || Photos == 1) seconds.Add((Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds);
            explained.ThrowIfFailed();
            return explained.ToMap(_photos.shape[2], _photos.shape[3]).data<float>().Select(bits => (double)bits).ToArray();
        })];
    }

    /// <summary>Each map against the mean of the reference's other seeds: its own would agree with itself.</summary>
    private (double[] Correlation, double[] Bits) Compare(double[][][] maps, double[][][] reference)
    {
        var (correlation, bits) = (new List<double>(), new List<double>());
        for (int photo = 0; photo < Photos; photo++)
        {
            for (int seed = 0; seed < _seeds; seed++)
            {
                double[][] others = [.. reference.Where((_, other) => other != seed).Select(ofSeed => ofSeed[photo])];
                double[] mean = [.. Enumerable.Range(0, others[0].Length).Select(pixel => others.Average(map => map[pixel]))];
                correlation.Add(Correlation.Pearson(maps[seed][photo], mean));
                bits.Add(maps[seed][photo].Sum() / mean.Sum());
            }
        }

        return ([.. correlation], [.. bits]);
    }

    private double[] Degrade(double[][] maps)
    {
        using var scope = NewDisposeScope();
        var all = tensor([.. maps.SelectMany(map => map.Select(bits => (float)bits))], [Photos, _photos.shape[2], _photos.shape[3]]);
        int tiles = (int)(_photos.shape[2] / Tile * (_photos.shape[3] / Tile));
        var test = new DegradationTest(Tile) { Counts = [.. Enumerable.Range(0, 9).Select(eighth => eighth * tiles / 8)] };
        return [.. test.Measure(_rows, all).Select(curves => curves.Integral)];
    }
}
