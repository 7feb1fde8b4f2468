using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

public sealed class SeedsTests : IDisposable
{
    private const int Seeds = 3;

    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public SeedsTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(7));

    public void Dispose() => _network.Dispose();

    private IbaTransformer Fit(int seeds, Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(_network);
        options.Seeds = seeds;
        if (seeds > 1) (options.DeviationColumnName, options.TotalBitsDeviationColumnName) = ("Deviation", "BitsDeviation");
        change?.Invoke(options);
        return _ml.Transforms.Iba(options).Fit(_data);
    }

    private Row[] Read(IbaTransformer transformer)
        => _ml.Data.CreateEnumerable<Row>(transformer.Transform(_data), reuseRowObject: false, ignoreMissingColumns: true).ToArray();

    [Fact]
    public void The_map_is_the_mean_over_the_seeds_and_the_columns_say_how_far_they_differ()
    {
        using var several = Fit(Seeds);
        using var one = Fit(1);
        var all = Enumerable.Range(0, Seeds).Select(index =>
        {
            using var variant = one.With(seed: one.Seed + index);
            return Read(variant);
        }).ToArray();

        var rows = Read(several);
        for (int row = 0; row < rows.Length; row++)
        {
            float[][] maps = all.Select(seed => seed[row].Heatmap).ToArray();
            for (int i = 0; i < maps[0].Length; i++)
            {
                double mean = maps.Average(map => (double)map[i]);
                Assert.Equal(mean, rows[row].Heatmap[i], 1e-6 * (1 + mean));
                Assert.Equal(Math.Sqrt(maps.Sum(map => Math.Pow(map[i] - mean, 2)) / (Seeds - 1)), rows[row].Deviation[i], 1e-5 * (1 + mean));
            }

            double[] totals = all.Select(seed => (double)seed[row].Bits).ToArray();
            Assert.Equal(totals.Average(), rows[row].Bits, 1e-4 * rows[row].Bits);
            Assert.Equal(Math.Sqrt(totals.Sum(total => Math.Pow(total - totals.Average(), 2)) / (Seeds - 1)), rows[row].BitsDeviation, 1e-3 * rows[row].Bits);
            Assert.True(rows[row].BitsDeviation > 0);
            // No seed changes what the network itself says.
            Assert.Equal(all[0][row].Scores, rows[row].Scores);
        }
    }

    [Fact]
    public void Batches_and_files_change_no_bit()
    {
        using var single = Fit(Seeds, options => options.BatchSize = 1);
        using var batches = Fit(Seeds, options => options.BatchSize = 4);
        using var stream = new MemoryStream();
        _ml.Model.Save(batches, _data.Schema, stream);
        using var loaded = IbaTransformer.Load(_ml, stream);

        Assert.Equal(Seeds, loaded.Seeds);
        foreach (var (one, others) in Read(single).Zip(Read(batches).Zip(Read(loaded))))
        {
            foreach (var other in new[] { others.First, others.Second })
            {
                Assert.Equal(one.Heatmap, other.Heatmap);
                Assert.Equal(one.Deviation, other.Deviation);
                Assert.Equal((one.Bits, one.BitsDeviation), (other.Bits, other.BitsDeviation));
            }
        }
    }

    [Fact]
    public void Maps_at_the_layers_size_have_deviations_of_that_size()
    {
        using var several = Fit(Seeds, options => (options.Layer, options.MapSize) = ("conv2", MapSize.Layer));
        var view = several.Transform(_data);
        Assert.Equal("Vector<Single, 8, 8>", view.Schema["Deviation"].Type.ToString());
        Assert.All(Read(several), row => Assert.Equal(64, row.Deviation.Length));
    }

    [Fact]
    public void A_row_that_cannot_be_explained_has_no_deviation()
    {
        var rows = PixelRow.Make(3);
        rows[1].Pixels[5] = float.NaN;
        using var several = Fit(Seeds, options => options.BadRows = BadRowHandling.Missing);
        float[] deviations = several.Transform(_ml.Data.LoadFromEnumerable(rows)).GetColumn<float>("BitsDeviation").ToArray();
        Assert.Equal([true, false, true], deviations.Select(float.IsFinite));
    }

    [Fact]
    public void Deviations_of_a_single_seed_are_refused()
    {
        var refusal = Assert.Throws<ArgumentOutOfRangeException>(() => Fit(1, options => options.DeviationColumnName = "Deviation"));
        Assert.Contains("set Seeds to at least 2", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Seeds is 0; allowed: 1 to 1000", Assert.Throws<ArgumentOutOfRangeException>(() => Fit(0)).Message, StringComparison.Ordinal);
    }

    private sealed class Row
    {
        public float[] Heatmap { get; set; } = [];

        public float[] Deviation { get; set; } = [];

        public float Bits { get; set; }

        public float BitsDeviation { get; set; }

        public float[] Scores { get; set; } = [];
    }
}
