using Iba.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>The bottleneck with a tail in bfloat16, on a machine that is taken to offer it: libtorch computes it on any processor, slowly.</summary>
public sealed class BFloat16BottleneckTests : IDisposable
{
    private static readonly BFloat16Support Offered = new(_ => null);
    private static readonly BFloat16Support NotOffered = new(_ => "this processor was built without it");

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly OnnxNetwork _network = ResidualModel.Make("N").Load();
    private readonly SplitNetwork _split;
    private readonly Activation _activation;
    private readonly LayerStatistics _statistics;

    public BFloat16BottleneckTests()
    {
        _split = _network.Split("r");
        _activation = _split.Head([PictureModel.Pictures(3)]);
        using var accumulator = new LayerStatisticsAccumulator();
        accumulator.Add(_activation.Features);
        _statistics = accumulator.ToStatistics();
    }

    public void Dispose()
    {
        _statistics.Dispose();
        _activation.Dispose();
        _split.Dispose();
        _network.Dispose();
        _scope.Dispose();
    }

    private BottleneckResult Explain(TailPrecision precision, BFloat16Support support, Activation? activation = null, int rowsPerPass = 0, int seeds = 1)
    {
        var options = new BottleneckOptions
        {
            TailPrecision = precision,
            BFloat16Support = support,
            Steps = 4,
            NoiseCopies = 3,
            MaxRowsPerPass = rowsPerPass,
            Seeds = seeds,
            EvaluateFinishedMask = true,
        };
        using var bottleneck = new PerSampleBottleneck(_split, _statistics, options);
        return bottleneck.Explain(activation ?? _activation);
    }

    private static bool Equal(Tensor a, Tensor b) => a.shape.AsSpan().SequenceEqual(b.shape) && a.equal(b).all().item<bool>();

    [Fact]
    public void Maps_are_near_those_of_float32_and_the_clean_prediction_is_the_same()
    {
        using var exact = Explain(TailPrecision.Float32, NotOffered);
        using var rounded = Explain(TailPrecision.BFloat16, Offered);
        Assert.Equal((TailPrecision.Float32, TailPrecision.BFloat16), (exact.TailPrecision, rounded.TailPrecision));
        Assert.True(Equal(exact.Probabilities, rounded.Probabilities));
        Assert.Equal((exact.Map.dtype, ScalarType.Float32), (rounded.Map.dtype, rounded.Alpha.dtype));
        Assert.False(Equal(exact.Map, rounded.Map));
        for (long row = 0; row < 3; row++)
        {
            Assert.InRange(corrcoef(stack([exact.Map[row].flatten(), rounded.Map[row].flatten()]))[0, 1].item<double>(), 0.99, 1.0001);
            Assert.Equal(1, rounded.Map[row].sum().item<double>() / exact.Map[row].sum().item<double>(), 0.03);
        }

        Assert.True(rounded.ProbabilitiesWithBottleneck.allclose(exact.ProbabilitiesWithBottleneck, rtol: 0, atol: 0.02));
    }

    [Fact]
    public void A_row_has_the_same_bits_in_every_order_on_every_cut_and_again()
    {
        using var together = Explain(TailPrecision.BFloat16, Offered, rowsPerPass: 1);
        using var again = Explain(TailPrecision.BFloat16, Offered, rowsPerPass: 1);
        Assert.True(Equal(together.Map, again.Map));
        foreach (long row in new long[] { 2, 0, 1 })
        {
            using var one = _activation.Slice(row, 1);
            using var alone = Explain(TailPrecision.BFloat16, Offered, one);
            Assert.True(Equal(together.Map[row], alone.Map[0]));
        }

        using var other = ResidualModel.Make("N").Load();
        using var split = other.Split("r");
        using var fork = split.Fork();
        using var activation = fork.Head([PictureModel.Pictures(3)]);
        var options = new BottleneckOptions { TailPrecision = TailPrecision.BFloat16, BFloat16Support = Offered, Steps = 4, NoiseCopies = 3, MaxRowsPerPass = 1 };
        using var bottleneck = new PerSampleBottleneck(fork, _statistics, options);
        using var found = bottleneck.Explain(activation);
        Assert.True(Equal(together.Map, found.Map));
    }

    [Fact]
    public void Several_seeds_keep_what_the_tail_was_computed_in()
    {
        using var result = Explain(TailPrecision.BFloat16, Offered, seeds: 2);
        Assert.Equal(TailPrecision.BFloat16, result.TailPrecision);
        Assert.Equal(2, result.SeedMaps!.shape[1]);
    }

    [Fact]
    public void Auto_takes_it_where_it_is_offered_and_float32_elsewhere()
    {
        using var exact = Explain(TailPrecision.Float32, NotOffered);
        using var rounded = Explain(TailPrecision.BFloat16, Offered);
        using var offered = Explain(TailPrecision.Auto, Offered);
        using var fallen = Explain(TailPrecision.Auto, NotOffered);
        Assert.Equal((TailPrecision.BFloat16, TailPrecision.Float32), (offered.TailPrecision, fallen.TailPrecision));
        Assert.True(Equal(rounded.Map, offered.Map));
        Assert.True(Equal(exact.Map, fallen.Map));
    }

    [Fact]
    public void Asked_for_where_it_is_not_offered_it_is_refused()
    {
        string message = Assert.Throws<NotSupportedException>(() => Explain(TailPrecision.BFloat16, NotOffered)).Message;
        Assert.Equal(
            "TailPrecision is BFloat16, but this processor was built without it. Take Float32, or Auto, which takes that by itself where bfloat16 is not offered.", message);
    }

    [Fact]
    public void Other_methods_in_the_same_pass_stay_in_float32()
    {
        using var bottleneck = new PerSampleBottleneck(_statistics, new BottleneckOptions { TailPrecision = TailPrecision.BFloat16, BFloat16Support = Offered, Steps = 2, NoiseCopies = 2 });
        using var several = new SeveralMethods([bottleneck, new GradCam()], []);
        var request = new AttributionRequest { ChannelDimension = 1 };
        using var found = (SeveralAttributions)several.Explain(_split, _activation, request);
        using var alone = new GradCam().Explain(_split, _activation, request);
        Assert.True(Equal(alone.Map, found.Parts[1].Map));
        Assert.Equal(TailPrecision.BFloat16, ((BottleneckResult)found.Parts[0]).TailPrecision);
    }

    [Fact]
    public void The_option_is_saved_with_the_method()
    {
        foreach (var precision in Enum.GetValues<TailPrecision>())
        {
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream);
            new BottleneckOptions { TailPrecision = precision, Seeds = 3 }.Save(writer);
            stream.Position = 0;
            using var reader = new BinaryReader(stream);
            var loaded = BottleneckOptions.Load(reader);
            Assert.Equal((precision, 3), (loaded.TailPrecision, loaded.Seeds));
            Assert.Equal(stream.Length, stream.Position);
        }
    }

    [Fact]
    public void An_option_that_does_not_exist_is_refused()
    {
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => new PerSampleBottleneck(_statistics, new BottleneckOptions { TailPrecision = (TailPrecision)7 })).Message;
        Assert.Contains("TailPrecision is 7; allowed: Float32, BFloat16, Auto.", message, StringComparison.Ordinal);
    }
}
