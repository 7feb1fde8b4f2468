using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class BottleneckOptionsTests
{
    private static readonly long[] Row = [3, 4, 4];

    public static TheoryData<string, Action<BottleneckOptions>> Wrong => new()
    {
        { "Beta is -1; allowed: 0 to 1e9", options => options.Beta = -1 },
        { "Beta is NaN; allowed: 0 to 1e9", options => options.Beta = double.NaN },
        { "allowed: 0 to 1e9", options => options.Beta = 1e22 },
        { "Steps is 0; allowed: 1 to 1,000,000", options => options.Steps = 0 },
        { "NoiseCopies is 0; allowed: 1 to 1,000,000", options => options.NoiseCopies = 0 },
        { "LearningRate is 0; allowed: above 0, up to 1e6", options => options.LearningRate = 0 },
        { "InitialAlpha is 61; allowed: -60 to 60", options => options.InitialAlpha = 61 },
        { "Sigma is -0.5; allowed: 0 (off) to 1000", options => options.Sigma = -0.5 },
        { "MinStd is 0; allowed: 1e-9 to 1e9", options => options.MinStd = 0 },
        { "Noise is 2; allowed: Independent, Paired", options => options.Noise = (NoiseKind)2 },
        { "Preset is 3; allowed: Paper, Fast, Draft", options => options.Preset = (IbaPreset)3 },
        { "CopiesPerStep is 2 numbers; allowed: as many as Steps, 10", options => options.CopiesPerStep = [1, 2] },
        { "CopiesPerStep is 3, 0; allowed: numbers of 1 to 1,000,000", options => (options.Steps, options.CopiesPerStep) = (2, [3, 0]) },
        { "Output is 9; allowed: Auto, Logits, Probabilities", options => options.Output = (OutputKind)9 },
        { "Loss is null; allowed: cross-entropy, margin, divergence", options => options.Loss = null! },
        { "MaxRowsPerPass is -2; allowed: 0 (no bound) or more", options => options.MaxRowsPerPass = -2 },
        { "MemoryBudget is -1; allowed: 0 (no bound) or more bytes", options => options.MemoryBudget = -1 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_value_out_of_range_is_named_with_what_is_allowed(string message, Action<BottleneckOptions> spoil)
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var options = new BottleneckOptions();
        spoil(options);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new PerSampleBottleneck(Toy.Dense(Row), statistics, options));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void The_defaults_are_the_papers()
    {
        var options = new BottleneckOptions();
        options.Validate();
        Assert.Equal((10, 10, 10, 1, 5, 1, 0.01), (options.Beta, options.Steps, options.NoiseCopies, options.LearningRate, options.InitialAlpha, options.Sigma, options.MinStd));
    }

    [Fact]
    public void Later_changes_do_not_reach_a_bottleneck()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var options = new BottleneckOptions { Steps = 2 };
        using var bottleneck = new PerSampleBottleneck(Toy.Dense(Row), statistics, options);
        options.Steps = 7;
        using var activation = new Activation(Toy.Random([1, .. Row]), []);
        using var result = bottleneck.Explain(activation);
        Assert.Equal([1, 2], result.Loss.shape);
    }

    [Fact]
    public void The_learning_rate_bounds_how_far_alpha_goes()
    {
        using var scope = NewDisposeScope();
        using var result = Explain(new() { LearningRate = 0.25, Steps = 4 });
        float moved = (result.Alpha - 5).abs().max().item<float>();
        Assert.InRange(moved, 0.9, 1.01);
    }

    [Fact]
    public void Alpha_starts_where_the_option_says()
    {
        using var scope = NewDisposeScope();
        using var result = Explain(new() { InitialAlpha = -3, LearningRate = 1e-6, Steps = 1 });
        Assert.InRange((result.Alpha + 3).abs().max().item<float>(), 0, 1e-5);
    }

    [Fact]
    public void The_lower_bound_of_deviations_limits_the_capacity_of_neurons_that_hardly_vary()
    {
        using var scope = NewDisposeScope();
        using var measured = Toy.Statistics(Row);
        using var narrow = new LayerStatistics(measured.Mean.clone(), measured.Std * 1e-4, measured.Active.clone(), 50, false, 1);
        var features = Toy.Random([1, .. Row]);
        var options = new BottleneckOptions { Steps = 1 };
        using var bounded = Toy.Explain(Toy.Dense(Row), narrow, features, options);
        options.MinStd = 1e-5;
        using var unbounded = Toy.Explain(Toy.Dense(Row), narrow, features, options);
        Assert.True(Toy.Total(unbounded.Capacity) > 1000 * Toy.Total(bounded.Capacity));
    }

    [Fact]
    public void Noisy_features_are_clamped_at_zero_only_if_asked()
    {
        using var scope = NewDisposeScope();
        Assert.True(Lowest(clamp: false) < 0);
        Assert.Equal(0, Lowest(clamp: true));

        float Lowest(bool clamp)
        {
            float lowest = float.MaxValue;
            var dense = Toy.Dense(Row);
            var network = new ToyNetwork(features =>
            {
                lowest = Math.Min(lowest, features.min().item<float>());
                return dense.Tail(features, null!);
            });
            using var statistics = Toy.Statistics(Row);
            using var result = Toy.Explain(network, statistics, Toy.Random([2, .. Row]).relu(), new() { ClampToRelu = clamp });
            return lowest;
        }
    }

    [Fact]
    public void The_seed_changes_the_noise()
    {
        using var scope = NewDisposeScope();
        using var one = Explain(new() { Seed = 1 });
        using var again = Explain(new() { Seed = 1 });
        using var other = Explain(new() { Seed = 1L << 40 });
        Assert.Equal(one.ModelLoss.data<float>().ToArray(), again.ModelLoss.data<float>().ToArray());
        Assert.NotEqual(one.ModelLoss.data<float>().ToArray(), other.ModelLoss.data<float>().ToArray());
    }

    [Fact]
    public void Paired_noise_is_other_noise()
    {
        using var scope = NewDisposeScope();
        using var independent = Explain(new() { NoiseCopies = 3 });
        using var paired = Explain(new() { NoiseCopies = 3, Noise = NoiseKind.Paired });
        Assert.NotEqual(independent.ModelLoss.data<float>().ToArray(), paired.ModelLoss.data<float>().ToArray());
    }

    [Fact]
    public void What_is_saved_is_loaded()
    {
        var options = new BottleneckOptions
        {
            Beta = 3,
            Steps = 4,
            NoiseCopies = 5,
            LearningRate = 0.5,
            InitialAlpha = 2,
            Sigma = 0.7,
            MinStd = 0.02,
            ClampToRelu = true,
            Seed = 1L << 40,
            Output = OutputKind.Probabilities,
            Loss = BottleneckLoss.All[^1],
            EvaluateFinishedMask = true,
            MapsLastForward = true,
            Noise = NoiseKind.Paired,
        };
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true)) options.Save(writer);
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        var loaded = BottleneckOptions.Load(reader);
        Assert.All(
            typeof(BottleneckOptions).GetProperties().Where(property => property.Name != nameof(BottleneckOptions.Execution)),
            property => Assert.Equal(property.GetValue(options), property.GetValue(loaded)));
        Assert.Equal(stream.Length, stream.Position);
    }

    [Fact]
    public void Smoothing_makes_neighbours_alike()
    {
        using var scope = NewDisposeScope();
        using var sharp = Explain(new() { Sigma = 0, Beta = 0.1 });
        using var smooth = Explain(new() { Sigma = 2, Beta = 0.1 });
        Assert.True(Roughness(smooth) < 0.5 * Roughness(sharp));

        static double Roughness(BottleneckResult result)
        {
            var lambda = result.LastForwardCapacity;
            return Toy.Total((lambda[TensorIndex.Ellipsis, 1..] - lambda[TensorIndex.Ellipsis, ..^1]).abs()) / Toy.Total(lambda);
        }
    }

    [Fact]
    public void The_finished_mask_is_evaluated_if_asked()
    {
        using var scope = NewDisposeScope();
        using var last = Explain(new() { Steps = 4 });
        using var finished = Explain(new() { Steps = 4, EvaluateFinishedMask = true });
        using var longer = Explain(new() { Steps = 5 });
        Assert.NotEqual(last.ProbabilitiesWithBottleneck.data<float>().ToArray(), finished.ProbabilitiesWithBottleneck.data<float>().ToArray());
        Assert.Equal(last.Capacity.data<float>().ToArray(), finished.Capacity.data<float>().ToArray());

        // The fifth step's forward pass sees the mask that four steps finished, through other noise.
        Toy.AssertClose(longer.LastForwardCapacity, finished.Capacity);
        Assert.InRange((longer.ProbabilitiesWithBottleneck - finished.ProbabilitiesWithBottleneck).abs().max().item<float>(), 0, 0.2);
    }

    private static BottleneckResult Explain(BottleneckOptions options)
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        return Toy.Explain(Toy.Dense(Row), statistics, Toy.Random([2, .. Row]), options);
    }
}
