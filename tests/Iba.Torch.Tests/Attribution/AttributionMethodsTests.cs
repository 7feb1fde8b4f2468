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
            new Gradient(), new GradCam(), new GradCam(keepNegative: true), new Occlusion(3), new Occlusion(5),
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
    public void Names_are_known_and_others_are_told_how_to_become_so()
    {
        Assert.Superset(new HashSet<string> { "gradient", "grad-cam", "occlusion", "per-sample-bottleneck" }, AttributionMethods.Names.ToHashSet());
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
        Assert.ThrowsAny<ArgumentException>(() => AttributionMethods.Load("occlusion", reader));
    }
}
