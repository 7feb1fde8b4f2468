using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>The columns that judge each map as it is computed: the degradation test, and what the bottleneck keeps of the probability.</summary>
public sealed class JudgingColumnTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new(seed: 12, size: Picture.Side);
    private readonly Picture[] _pictures = Picture.Make(5);
    private readonly Gradient _gradient = new();

    public void Dispose()
    {
        _gradient.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void They_hold_what_an_evaluation_finds_and_have_the_same_bits_in_every_batch()
    {
        var data = _ml.Data.LoadFromEnumerable(_pictures);
        using var explainer = _ml.Transforms.Iba(Options()).Fit(data);
        var view = explainer.Transform(data);
        float[] degradation = [.. view.GetColumn<float>("Degradation")], kept = [.. view.GetColumn<float>("Kept")];
        var judged = _ml.Model.EvaluateAttribution(explainer, view);
        Assert.Equal(judged.Rows.Select(row => (float)row.DegradationIntegral), degradation);
        Assert.True(degradation.Distinct().Count() == 5 && degradation.All(float.IsFinite));
        float[][] scores = [.. view.GetColumn<float[]>("Scores")], under = [.. view.GetColumn<float[]>("Under")];
        int[] targets = [.. view.GetColumn<int>("Target")];
        Assert.Equal(targets.Select((target, row) => under[row][target] / scores[row][target]), kept);

        foreach (int batch in (int[])[1, 3])
        {
            using var other = _ml.Transforms.Iba(Options(options => options.BatchSize = batch)).Fit(data);
            Assert.Equal(degradation, other.Transform(data).GetColumn<float>("Degradation"));
            Assert.Equal(kept, other.Transform(data).GetColumn<float>("Kept"));
        }

        // Alone, the column has the finished mask evaluated, as the column of all probabilities does.
        using var alone = _ml.Transforms.Iba(Options(options => options.ScoresWithBottleneckColumnName = null)).Fit(data);
        Assert.Equal(kept, alone.Transform(data).GetColumn<float>("Kept"));
    }

    [Theory]
    [InlineData("Degradation", null)]
    [InlineData(null, "Kept")]
    public void They_follow_one_class_and_are_refused_for_other_questions(string? degradation, string? kept)
    {
        var refusal = Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.Iba(Options(options =>
        {
            options.Target = ExplanationTarget.Contrast(0, 1);
            options.DegradationColumnName = degradation;
            options.ProbabilityKeptColumnName = kept;
        })));
        Assert.Contains("explain one class", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_degradation_test_runs_only_where_its_column_is_read()
    {
        var data = _ml.Data.LoadFromEnumerable(_pictures);
        using var explainer = _ml.Transforms.Iba(Options()).Fit(data);
        var view = explainer.Transform(data);
        _network.WholeCalls.Clear();
        Assert.Equal(5, view.GetColumn<float[]>("Heatmap").Count());
        Assert.Empty(_network.WholeCalls);
        _ = view.GetColumn<float>("Degradation").ToArray();
        // The input, 5 points of one curve, and the 3 between them of the other.
        Assert.Equal([.. Enumerable.Repeat<long[]>([1, 5, 3], 5).SelectMany(calls => calls)], _network.WholeCalls);
    }

    [Fact]
    public void Saved_and_loaded_with_another_method_they_are_the_same_and_missing_where_a_row_fails()
    {
        var data = _ml.Data.LoadFromEnumerable(_pictures);
        using var fitted = _ml.Transforms.Attribution(Method()).Fit(data);
        using var file = new MemoryStream();
        _ml.Model.Save(fitted, data.Schema, file);
        float[] expected = [.. fitted.Transform(data).GetColumn<float>("Degradation")];
        _pictures[2].Pixels[7] = float.NaN;
        var damaged = _ml.Data.LoadFromEnumerable(_pictures);

        using var loaded = AttributionTransformer.Load(_ml, file);
        float[] found = [.. loaded.Transform(damaged).GetColumn<float>("Degradation")];

        Assert.True(float.IsNaN(found[2]));
        Assert.Equal(expected.Where((_, row) => row != 2), found.Where((_, row) => row != 2));
        Assert.Equal(fitted.Transform(data).GetColumn<float>("Degradation").First(), Single(loaded, _pictures[0]));
        Assert.Equal(NumberDataViewType.Single, loaded.GetOutputSchema(data.Schema)["Degradation"].Type);

        float Single(ITransformer model, Picture picture)
        {
            using var engine = _ml.Model.CreatePredictionEngine<Picture, Judged>(model);
            return engine.Predict(picture).Degradation;
        }
    }

    [Fact]
    public void The_bottlenecks_columns_are_saved_and_missing_where_a_row_fails()
    {
        var data = _ml.Data.LoadFromEnumerable(_pictures);
        using var fitted = _ml.Transforms.Iba(Options(options => options.BadRows = BadRowHandling.Missing)).Fit(data);
        using var file = new MemoryStream();
        _ml.Model.Save(fitted, data.Schema, file);
        using var loaded = IbaTransformer.Load(_ml, file);
        Assert.Equal(fitted.Transform(data).GetColumn<float>("Kept"), loaded.Transform(data).GetColumn<float>("Kept"));
        _pictures[0].Pixels[7] = float.NaN;
        var damaged = loaded.Transform(_ml.Data.LoadFromEnumerable(_pictures));
        Assert.Equal([true, false, false, false, false], damaged.GetColumn<float>("Kept").Select(float.IsNaN));
        Assert.Equal([true, false, false, false, false], damaged.GetColumn<float>("Degradation").Select(float.IsNaN));
    }

    [Fact]
    public void What_has_no_degradation_is_refused_by_name()
    {
        Assert.Contains("leave MapSize at Input", Refusal(() => _ml.Transforms.Iba(Options(options => options.MapSize = MapSize.Layer))), StringComparison.Ordinal);

        using var tokens = new TokenNetwork();
        var rows = _ml.Data.LoadFromEnumerable(SequenceTests.TokenRow.Make(3));
        var estimator = _ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Bits",
            InputColumnName = "Ids",
            Network = tokens,
            Layer = "embeddings",
            ContextColumns = new Dictionary<string, string> { ["mask"] = "Mask" },
            MaskInputName = "mask",
            DegradationColumnName = "Degradation",
        });
        const string OfTokens = "DegradationColumnName is 'Degradation', but column 'Ids' holds vectors of any length, and only pictures [H, W] have tiles: leave it out; EvaluateAttribution judges";
        Assert.Contains(OfTokens, Refusal(() => estimator.GetOutputSchema(SchemaShape.Create(rows.Schema))), StringComparison.Ordinal);
        Assert.Contains(OfTokens, Refusal(() => estimator.Fit(rows)), StringComparison.Ordinal);

        using var small = new ConvolutionalNetwork(size: 8);
        var pictures = _ml.Data.LoadFromEnumerable(PixelRow.Make(3).Select(row => new SmallPicture { Pixels = row.Pixels[..192] }));
        string size = Refusal(() => _ml.Transforms.Iba(Options(options => options.Network = small)).Fit(pictures));
        Assert.Contains("pictures of [8, 8] are smaller than its tiles of 14 x 14", size, StringComparison.Ordinal);

        using var signal = FunctionNetwork.Create([20, 3], x => x.tanh(), [1], channels: 3);
        var signals = _ml.Data.LoadFromEnumerable([new Signal { Pixels = [.. Enumerable.Range(0, 60).Select(value => (float)Math.Sin(value))] }]);
        string line = Refusal(() => _ml.Transforms.Iba(Options(options => (options.Network, options.Layer) = (signal, "features"))).Fit(signals));
        Assert.Contains("but rows of column 'Pixels' are [20] without channels, and only pictures [H, W] have tiles", line, StringComparison.Ordinal);

        // What was measured without the column is refused with it.
        using var measured = _ml.Transforms.Iba(Options(options => (options.Network, options.DegradationColumnName) = (small, null))).Measure(pictures);
        Assert.Contains("smaller than its tiles", Refusal(() => _ml.Transforms.Iba(Options(options => options.Network = small)).Fit(measured)), StringComparison.Ordinal);

        static string Refusal(Action act) => Assert.ThrowsAny<ArgumentException>(act).Message;
    }

    private IbaEstimator.Options Options(Action<IbaEstimator.Options>? change = null)
    {
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = _network,
            Layer = "conv1",
            Seed = 5,
            Steps = 3,
            NoiseCopies = 2,
            TargetColumnName = "Target",
            ScoresColumnName = "Scores",
            ScoresWithBottleneckColumnName = "Under",
            ProbabilityKeptColumnName = "Kept",
            DegradationColumnName = "Degradation",
        };
        change?.Invoke(options);
        return options;
    }

    private AttributionEstimator.Options Method() => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = _network,
        Method = _gradient,
        BadRows = BadRowHandling.Missing,
        DegradationColumnName = "Degradation",
    };

    private sealed class Picture
    {
        /// <summary>Four tiles.</summary>
        public const int Side = 28;

        [VectorType(3, Side, Side)]
        public float[] Pixels { get; set; } = [];

        public static Picture[] Make(int count)
        {
            var random = new Random(4);
            return [.. Enumerable.Range(0, count).Select(row => new Picture { Pixels = [.. Enumerable.Range(0, 3 * Side * Side).Select(at => (float)((4 * random.NextDouble()) - 2 + (at / Side % Side / 14 == row % 2 ? 1 : 0)))] })];
        }
    }

    private sealed class SmallPicture
    {
        [VectorType(3, 8, 8)]
        public float[] Pixels { get; set; } = [];
    }

    private sealed class Signal
    {
        [VectorType(20, 3)]
        public float[] Pixels { get; set; } = [];
    }

    private sealed class Judged
    {
        public float Degradation { get; set; }
    }
}
