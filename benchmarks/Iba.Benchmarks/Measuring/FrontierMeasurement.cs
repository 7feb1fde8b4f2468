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

    /// <param name="network">The network, and where it is cut.</param>
    /// <param name="photos">The number of photographs.</param>
    public FrontierMeasurement(BenchmarkNetwork network, int photos)
    {
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
        var entrants = settings.Select(setting => new Entrant(setting, _statistics)).ToArray();
        try
        {
            // Settings take turns, so that a busy moment of the machine meets all of them alike.
            for (int photo = 0; photo < Photos; photo++)
            {
                Console.WriteLine($"Frontier: photograph {photo + 1} of {Photos}");
                for (int seed = 0; seed < settings.Max(setting => setting.Seeds); seed++)
                {
                    foreach (var entrant in entrants.Where(entrant => seed < entrant.Setting.Seeds)) entrant.Explain(this, photo, seed);
                }
            }

            return [.. entrants.Select(entrant => Judge(entrant, entrants[0].Maps))];
        }
        finally
        {
            foreach (var entrant in entrants) entrant.Dispose();
        }
    }

    /// <summary>
    /// For each of the paper's steps, how far maps move that differ in the noise of this step alone, as a share of the map (root mean square over pixels): a
    /// pair of copies in it, three pairs in every other.
    /// </summary>
    /// <param name="photos">On so many photographs.</param>
    /// <param name="draws">With so many draws of the step, at least 2.</param>
    public double[] ScatterOfEachStep(int photos, int draws)
    {
        int steps = new BottleneckOptions().Steps;
        double[] scatter = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            Console.WriteLine($"Frontier: the noise of step {step + 1} of {steps}");
            var options = new BottleneckOptions { Noise = NoiseKind.Paired, CopiesPerStep = [.. Enumerable.Range(0, steps).Select(other => other == step ? 2 : 6)] };
            var maps = Enumerable.Range(0, photos).Select(_ => new List<double[]>()).ToArray();
            for (int draw = 0; draw < draws; draw++)
            {
                using var noise = new OneStepRedrawn(step, draw);
                using var method = new PerSampleBottleneck(_split, _statistics, options, noise);
                for (int photo = 0; photo < photos; photo++) maps[photo].Add(Explain(method, photo));
            }

            scatter[step] = Math.Sqrt(maps.Average(SquaredScatter));
        }

        return scatter;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _photos.Dispose();
        _statistics.Dispose();
        _split.Dispose();
        _network.Dispose();
    }

    private FrontierPoint Judge(Entrant entrant, List<double[]>[] reference)
    {
        Console.WriteLine($"Frontier: judges {entrant.Setting.Name}");
        var maps = entrant.Maps;
        int photos = (int)Photos;
        var (correlation, bits, scatter, bitsScatter) = (new double[photos], new double[photos], new double[photos], new double[photos]);
        for (int photo = 0; photo < photos; photo++)
        {
            for (int seed = 0; seed < maps.Length; seed++)
            {
                // Its own seed's map would agree with itself.
                double[] mean = Mean(reference.Where((_, other) => other != seed).Select(ofSeed => ofSeed[photo]));
                correlation[photo] += Correlation.Pearson(maps[seed][photo], mean) / maps.Length;
                bits[photo] += maps[seed][photo].Sum() / mean.Sum() / maps.Length;
            }

            double[][] own = [.. maps.Select(ofSeed => ofSeed[photo])];
            double[] totals = [.. own.Select(map => map.Sum())];
            scatter[photo] = Math.Sqrt(SquaredScatter(own));
            bitsScatter[photo] = Math.Sqrt(totals.Sum(total => Math.Pow(total - totals.Average(), 2)) / (totals.Length - 1)) / totals.Average();
        }

        double[][] degradation = [.. maps.Select(Degrade)];
        return new FrontierPoint(
            entrant.Setting, new Sample(entrant.Seconds), correlation, bits, scatter, bitsScatter,
            [.. Enumerable.Range(0, photos).Select(photo => degradation.Average(ofSeed => ofSeed[photo]))]);
    }

    /// <summary>The mean squared distance of maps from their mean, as a share of its square.</summary>
    private static double SquaredScatter(IReadOnlyList<double[]> maps)
    {
        double[] center = Mean(maps);
        double squares = maps.Sum(map => map.Zip(center, (value, mean) => (value - mean) * (value - mean)).Sum()) / (maps.Count - 1);
        return squares / center.Sum(mean => mean * mean);
    }

    private static double[] Mean(IEnumerable<double[]> maps)
    {
        double[][] all = [.. maps];
        return [.. Enumerable.Range(0, all[0].Length).Select(pixel => all.Average(map => map[pixel]))];
    }

    private double[] Explain(PerSampleBottleneck method, int photo)
    {
        using var scope = NewDisposeScope();
        using var explained = method.Explain(_split, [_photos.narrow(0, photo, 1)]);
        explained.ThrowIfFailed();
        return [.. explained.ToMap(_photos.shape[2], _photos.shape[3]).data<float>().Select(bits => (double)bits)];
    }

    private double[] Degrade(IReadOnlyList<double[]> maps)
    {
        using var scope = NewDisposeScope();
        var all = tensor([.. maps.SelectMany(map => map.Select(bits => (float)bits))], [Photos, _photos.shape[2], _photos.shape[3]]);
        int tiles = (int)(_photos.shape[2] / Tile * (_photos.shape[3] / Tile));
        var test = new DegradationTest(Tile) { Counts = [.. Enumerable.Range(0, 9).Select(eighth => eighth * tiles / 8)] };
        return [.. test.Measure(_rows, all).Select(curves => curves.Integral)];
    }

    /// <summary>A setting, its maps of each seed and what they took.</summary>
    private sealed class Entrant(FrontierSetting setting, LayerStatistics statistics) : IDisposable
    {
        private readonly PerSampleBottleneck[] _methods = [.. Enumerable.Range(0, setting.Seeds).Select(seed => new PerSampleBottleneck(statistics, setting.Make(seed)))];

        public FrontierSetting Setting => setting;

        /// <summary>For each seed the maps of the photographs.</summary>
        public List<double[]>[] Maps { get; } = [.. Enumerable.Range(0, setting.Seeds).Select(_ => new List<double[]>())];

        public List<double> Seconds { get; } = [];

        public void Explain(FrontierMeasurement measurement, int photo, int seed)
        {
            var before = Environment.CpuUsage.TotalTime;
            Maps[seed].Add(measurement.Explain(_methods[seed], photo));

            // The first map of a seed draws the noise, which the others find.
            if (photo > 0 || measurement.Photos == 1) Seconds.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }

        public void Dispose()
        {
            foreach (var method in _methods) method.Dispose();
        }
    }
}
