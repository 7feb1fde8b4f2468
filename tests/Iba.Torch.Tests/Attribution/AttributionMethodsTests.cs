using Iba.Tests;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Methods that are saved and loaded by their names.</summary>
public class AttributionMethodsTests
{
    private static AttributionMethod Reload(AttributionMethod method)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            method.Save(writer);
            writer.Write(77);
        }

        bytes.Position = 0;
        using var reader = new BinaryReader(bytes);
        var loaded = AttributionMethods.Load(method.Name, reader);
        Assert.Equal(77, reader.ReadInt32()); // Nothing is left over, nothing read beyond.
        return loaded;
    }

    [Fact]
    public void Each_keeps_its_options()
    {
        using var scope = NewDisposeScope();
        var linear = new Linear([3, 5, 7]);
        using var statistics = Toy.Statistics([3, 5, 7]);
        foreach (var method in new AttributionMethod[]
        {
            new Gradient(), new GradCam(), new GradCam(keepNegative: true), new Occlusion(3), new Occlusion(5), new Occlusion(3, InputBaseline.Zero),
            new GradientTimesInput(), new LayerCam(), new LayerCam(keepNegative: true), new CenteredGaussian(0.4), new RandomMap(5),
            new IntegratedGradients(steps: 3), new IntegratedGradients(InputBaseline.ChannelMean), new IntegratedGradients(InputBaseline.Of(linear.Features[1]), 3),
            new SmoothGrad(3, 0.4, 8), new Rise(4, 3, 0.7, ofProbability: false, seed: 6), new Rise(4),
            new PerSampleBottleneck(statistics, new() { Steps = 2, Beta = 3, Seed = 9 }),
        })
        {
            using var loaded = Reload(method);
            Assert.Equal(method.GetType(), loaded.GetType());
            Assert.Equal((method.Name, method.Unit, method.IsSigned, method.CutsAtInput), (loaded.Name, loaded.Unit, loaded.IsSigned, loaded.CutsAtInput));
            using var expected = linear.Explain(method);
            using var found = linear.Explain(loaded);
            Assert.Equal(expected.Map, found.Map);
            method.Dispose();
        }
    }

    [Fact]
    public void Guided_ones_keep_theirs()
    {
        using var scope = NewDisposeScope();
        using var network = new ModuleNetwork(
            nn.Sequential(("first", nn.Conv2d(3, 4, 3, padding: 1)), ("relu", nn.ReLU()), ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("last", nn.Linear(4, 5))).Seeded(), [3, 6, 6]);
        using var split = network.SplitAtInput();
        var pictures = Toy.Random([2, 3, 6, 6]);
        foreach (var method in new AttributionMethod[] { new GuidedBackpropagation(), new GuidedGradCam("first"), new GuidedGradCam("relu") })
        {
            using var loaded = Reload(method);
            using var expected = method.Explain(split, [pictures]);
            using var found = loaded.Explain(split, [pictures]);
            Assert.Equal(expected.Map, found.Map);
            Assert.True(expected.Map.gt(0).any().item<bool>());
            method.Dispose();
        }
    }

    [Fact]
    public void Names_are_known_and_others_are_told_how_to_become_so()
    {
        string[] ours =
        [
            "centered-gaussian", "grad-cam", "gradient", "gradient-times-input", "guided-backpropagation", "guided-grad-cam", "integrated-gradients",
            "layer-cam", "occlusion", "per-sample-bottleneck", "random", "rise", "smooth-grad",
        ];
        Assert.Superset(ours.ToHashSet(), AttributionMethods.Names.ToHashSet());
        Assert.Equal(AttributionMethods.Names.Order(StringComparer.Ordinal), AttributionMethods.Names);
        using var reader = new BinaryReader(Stream.Null);
        var failure = Assert.Throws<NotSupportedException>(() => AttributionMethods.Load("no such", reader));
        Assert.Contains("No attribution method is named 'no such'. Known are: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("AttributionMethods.Register", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AttributionMethods.Register(" ", _ => new Gradient()));
        Assert.Throws<ArgumentNullException>(() => AttributionMethods.Register("name", null!));
    }

    [Fact]
    public void A_window_holds_a_position_at_least()
    {
        Assert.Contains("The window is 0; allowed: at least 1", Assert.Throws<ArgumentOutOfRangeException>(() => new Occlusion(0)).Message, StringComparison.Ordinal);
        using var reader = new BinaryReader(new MemoryStream([0, 0, 0, 0x80]));
        Assert.ThrowsAny<Exception>(() => AttributionMethods.Load("occlusion", reader));
    }

    public static TheoryData<string, Func<AttributionMethod>> Wrong => new()
    {
        { "The number of steps is 0; allowed: at least 1", () => new IntegratedGradients(steps: 0) },
        { "The number of samples is 0; allowed: at least 1", () => new SmoothGrad(samples: 0) },
        { "The noise level is 0; allowed: above 0", () => new SmoothGrad(noiseLevel: 0) },
        { "The noise level is NaN; allowed: above 0", () => new SmoothGrad(noiseLevel: double.NaN) },
        { "The number of masks is 0; allowed: at least 1", () => new Rise(masks: 0) },
        { "The number of cells is 1001; allowed: 1 to 1000", () => new Rise(cells: 1001) },
        { "The share to keep is 1; allowed: above 0 and below 1", () => new Rise(keep: 1) },
        { "The width is -1; allowed: above 0", () => new CenteredGaussian(-1) },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void Options_outside_their_range_are_named(string message, Func<AttributionMethod> make)
        => Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(make).Message, StringComparison.Ordinal);
}
