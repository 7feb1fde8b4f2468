using Google.Protobuf;
using Iba.Onnx.Tests;
using Iba.Torch;

namespace Iba.Hosting.Tests;

/// <summary>A small network as an ONNX file, generated photographs in a folder, and what was fitted on them; made once for all tests.</summary>
public sealed class SmallExplainer : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iba-hosting-");

    public SmallExplainer()
    {
        Network = this["net.onnx"];
        File.WriteAllBytes(Network, PictureModel.Make().Giving(PictureModel.Floats("logits", "N", PictureModel.Classes)).ToByteArray());
        Photographs = Directory.CreateDirectory(this["photos"]).FullName;
        for (int i = 0; i < 12; i++) Picture(i).SavePng(Path.Combine(Photographs, $"{i:00}.png"));
        Photograph = Path.Combine(Photographs, "03.png");
        Zip = this["explainer.zip"];
        using var explainer = IbaExplainer.Fit(Network, Photographs, new IbaExplainerOptions { Layer = "r" });
        explainer.Save(Zip);
    }

    /// <summary>The ONNX file; layer "r".</summary>
    public string Network { get; }

    /// <summary>The folder of photographs.</summary>
    public string Photographs { get; }

    /// <summary>One of them.</summary>
    public string Photograph { get; }

    /// <summary>The explainer.</summary>
    public string Zip { get; }

    /// <summary>A path for a file of a test.</summary>
    public string this[string name] => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>A picture of noise with a bright square.</summary>
    public static RgbImage Picture(int seed)
    {
        var random = new Random(seed);
        byte[] pixels = new byte[3 * 20 * 16];
        random.NextBytes(pixels);
        for (int i = 0; i < 90; i++) pixels[(((4 + (i / 18)) * 20) + (seed % 10)) * 3 % (pixels.Length - 20) + (i % 18)] = 255;
        return new RgbImage(20, 16, pixels);
    }
}

/// <summary>Shares <see cref="SmallExplainer"/>.</summary>
[CollectionDefinition(Name)]
public sealed class SmallExplainerTests : ICollectionFixture<SmallExplainer>
{
    public const string Name = "small explainer";
}
