using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>The method against the reference implementation, number by number, with the noise that the reference drew.</summary>
public sealed class GoldenTests
{
    /// <summary>Of the largest value. The differences seen are 2e-5 at most.</summary>
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    [Fact]
    public void All_eleven_cases_are_there() => Assert.Equal(11, GoldenCase.Names.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Statistics_agree(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        using var network = Network(golden, ScalarType.Float32);
        using var statistics = Measure(golden, network);
        AssertClose(golden.Array("mean"), statistics.Mean, 1e-5);
        AssertClose(golden.Array("std"), statistics.Std, 1e-5);
        Assert.Equal(20, statistics.Count);
        Assert.True(golden.Array("active").ne(0).equal(statistics.Active).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Features_and_logits_agree(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        using var network = Network(golden, ScalarType.Float32);
        using var activation = network.Head([golden.Array("image")]);
        AssertClose(golden.Array("features"), activation.Features, Tolerance);
        AssertClose(golden.Array("logits"), network.Tail(activation.Features, activation), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_first_gradient_agrees(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        var options = golden.Options;
        using var network = Network(golden, ScalarType.Float32);
        using var statistics = Measure(golden, network);
        using var activation = network.Head([golden.Array("image")]);
        using var noise = new RecordedNoise(golden.Array("noise"));
        var classifier = new TailClassifier(network, OutputKind.Logits);
        var request = new AttributionRequest { Target = ExplanationTarget.Label, Labels = tensor(new[] { golden.Target }) };
        var step = new BottleneckStep(activation, request.Target.Ask(classifier, activation, request), statistics, options, noise, positions: null);
        var alpha = full_like(activation.Features, options.InitialAlpha);
        var (gradient, _) = step.Run(alpha, step: 0);
        AssertClose(golden.Array("alpha_gradient_step0"), gradient[0], Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Losses_of_every_step_agree(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        using var result = Explain(golden, golden.Options);
        Compare("loss", result.Loss);
        Compare("model_loss", result.ModelLoss);
        Compare("information_loss", result.Information);

        void Compare(string history, Tensor actual)
        {
            var expected = golden.History(history);
            Assert.Equal([1, golden.Options.Steps], actual.shape);
            double worst = (actual[0] - expected).abs().div(expected).max().item<double>();
            Assert.True(worst <= Tolerance, $"{history} differs by {worst:g3} of its value.");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Alpha_and_both_capacities_agree(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        using var result = Explain(golden, golden.Options);
        AssertClose(golden.Array("alpha_final"), result.Alpha[0], Tolerance);
        AssertClose(golden.Array("capacity_nats_last_forward"), result.LastForwardCapacity[0], Tolerance);
        AssertClose(golden.Array("capacity_nats_final"), result.Capacity[0], Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Saliency_agrees_with_the_references_mirrored_border(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        using var result = Explain(golden, golden.Options);
        long size = golden.Array("image").shape[^1];
        AssertClose(golden.Array("saliency_bits_per_pixel_last_forward"), Mirrored(result.LastForwardCapacity, size), Tolerance);
        AssertClose(golden.Array("saliency_bits_per_pixel_final"), Mirrored(result.Capacity, size), Tolerance);
    }

    /// <summary>Our heat map holds the border's value beyond the outermost centres, so that no bit is lost: only the interior is the reference's.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void The_heat_map_agrees_in_the_interior(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        using var result = Explain(golden, golden.Options);
        long size = golden.Array("image").shape[^1];
        var heatmap = Heatmap.FromCapacity(result.Capacity, 1, size, size)[0];
        var interior = TensorIndex.Slice(2, -2);
        AssertClose(golden.Array("saliency_bits_per_pixel_final")[interior, interior], heatmap[interior, interior], Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Float64_agrees_as_well_so_the_rest_is_the_references_rounding(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        using var result = Explain(golden, golden.Options, ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, result.Capacity.dtype);
        AssertClose(golden.Array("capacity_nats_final"), result.Capacity[0], Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_larger_beta_never_passes_more_bits(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);

        // In T steps alpha falls by T learning rates at most. Where beta is so large that nothing may pass, that end is all that is
        // left (6e-4 nats per neuron after ten steps), and Adam's steps scatter it by a tenth: no law holds below that.
        double slack = 1e-4 * golden.Array("mean").numel();
        var options = golden.Options;
        double[] nats = [.. new[] { 0.01, 0.1, 1, 10, 100 }.Select(Total)];
        Assert.All(nats.Zip(nats.Skip(1)), pair => Assert.True(pair.Second <= pair.First + slack, $"Nats by beta: {string.Join(", ", nats)}."));
        Assert.True(nats[^1] < nats[0], $"Beta changes nothing: {string.Join(", ", nats)}.");

        double Total(double beta)
        {
            options.Beta = beta;
            using var result = Explain(golden, options);
            return result.Capacity.to_type(ScalarType.Float64).sum().item<double>();
        }
    }

    private static BottleneckResult Explain(GoldenCase golden, BottleneckOptions options, ScalarType type = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        using var network = Network(golden, type);
        using var statistics = Measure(golden, network);
        using var bottleneck = new PerSampleBottleneck(network, statistics, options, new RecordedNoise(golden.Array("noise")));
        using var activation = network.Head([golden.Array("image")]);
        var result = bottleneck.Explain(activation, tensor(new[] { golden.Target }));
        result.ThrowIfFailed();
        return result;
    }

    private static GoldenNetwork Network(GoldenCase golden, ScalarType type) => new(golden.NetworkPath, golden.Name is "relu" or "dead", type);

    private static LayerStatistics Measure(GoldenCase golden, SplitNetwork network)
    {
        using var accumulator = new LayerStatisticsAccumulator();
        foreach (var batch in golden.Array("estimation_images").split(7))
        {
            using var activation = network.Head([batch]);
            accumulator.Add(activation.Features);
        }

        return accumulator.ToStatistics(golden.ActiveThreshold);
    }

    /// <summary>
    /// The reference's map: bits per pixel, bilinear between centres; beyond the outermost ones it goes back inwards, as in a mirror.
    /// </summary>
    private static Tensor Mirrored(Tensor capacity, long size)
    {
        var map = capacity[0].sum([0L]) / Math.Log(2);
        long layer = map.shape[0];
        var weights = zeros(size, layer);
        for (long pixel = 0; pixel < size; pixel++)
        {
            double at = Mirror((pixel + 0.5) * layer / size - 0.5);
            long left = Math.Min((long)at, layer - 2);
            weights[pixel, left] = 1 - (float)(at - left);
            weights[pixel, left + 1] = (float)(at - left);
        }

        return weights.matmul(map).matmul(weights.t()) * ((double)(layer * layer) / (size * size));

        double Mirror(double position) => layer - 1 - Math.Abs(layer - 1 - Math.Abs(position));
    }

    /// <summary>Asserts that the largest difference is within a share of the largest value.</summary>
    private static void AssertClose(Tensor expected, Tensor actual, double share)
    {
        Assert.Equal(expected.shape, actual.shape);
        double largest = expected.abs().max().to_type(ScalarType.Float64).item<double>();
        double difference = (expected - actual).abs().max().to_type(ScalarType.Float64).item<double>();
        Assert.True(difference <= share * largest, $"Differs by {difference:g3}; the largest value is {largest:g3}.");
    }
}
