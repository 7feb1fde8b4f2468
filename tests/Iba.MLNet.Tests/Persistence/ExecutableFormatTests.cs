using System.IO.Compression;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>TorchScript is code: a file of it does what its author wrote, such as to make a file.</summary>
public sealed class ExecutableFormatTests : IDisposable
{
    private readonly string _target = Path.Combine(Path.GetTempPath(), $"iba-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_target);

    private sealed class Picture
    {
        [VectorType(3, 12, 12)]
        public float[] Pixels { get; set; } = [];
    }

    [Fact]
    public void A_file_with_code_is_loaded_only_after_it_was_allowed()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        var data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 4).Select(_ => new Picture { Pixels = Enumerable.Range(0, 432).Select(_ => random.NextSingle()).ToArray() }).ToArray());
        string script = _target + ".pt";
        byte[] file;
        try
        {
            WriteScript(script);
            using var network = TorchScriptNetwork.Load(script, [3, 12, 12], OutputKind.Logits);
            using var transformer = ml.Transforms.Iba("Heatmap", "Pixels", network, "stem").Fit(data);
            file = ModelFile.Save(ml, transformer, data.Schema);
        }
        finally
        {
            File.Delete(script);
        }

        Assert.True(File.Exists(_target)); // The code does it.
        File.Delete(_target);
        string message = Assert.Throws<NotSupportedException>(() => IbaTransformer.Load(ml, new MemoryStream(file))).Message;
        Assert.Contains("executes the code in it", message, StringComparison.Ordinal);
        Assert.Contains("NetworkFormats.Allow(\"torchscript\")", message, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => ml.Model.Load(new MemoryStream(file), out _));
        Assert.False(File.Exists(_target));

        NetworkFormats.Allow("torchscript");
        using var loaded = IbaTransformer.Load(ml, new MemoryStream(file));
        Assert.Single(loaded.Transform(data).GetColumn<float[]>("Heatmap").Select(map => map.Length).Distinct(), 144);
        Assert.True(File.Exists(_target));
    }

    /// <summary>A small classifier, one of whose layers makes a file beside what it should.</summary>
    private void WriteScript(string path)
    {
        using var original = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "assets/sequence.pt"));
        using var changed = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var entry in original.Entries.Where(entry => !entry.Name.EndsWith(".debug_pkl", StringComparison.Ordinal)))
        {
            using var content = entry.Open();
            using var target = changed.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
            if (entry.Name != "flatten.py")
            {
                content.CopyTo(target);
                continue;
            }

            using var reader = new StreamReader(content);
            using var writer = new StreamWriter(target);
            // A new file holds zeros. What is not used would not be run.
            writer.Write(reader.ReadToEnd().Replace(
                "torch.flatten(input, 1)", $"torch.flatten(torch.add(input, torch.sum(torch.from_file(\"{_target}\", True, 4))), 1)", StringComparison.Ordinal));
        }
    }
}
