using System.IO.Compression;
using System.Security.Cryptography;
using Iba.MLNet;
using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Fuzz;

/// <summary>The files that a fuzzer starts from: small, valid, and unlike each other.</summary>
public static class Seeds
{
    private const int LargestNode = 1_000;
    private const int LargestNetwork = 12_000;

    /// <summary>Files for a target of <see cref="FuzzTargets.All"/>.</summary>
    public static IEnumerable<(string Name, byte[] File)> For(string target) => (target == "onnx" ? Onnx() : Zip()).Concat(Corpus(target));

    /// <summary>The files of earlier runs that reached code which no file before them had reached.</summary>
    public static IEnumerable<(string Name, byte[] File)> Corpus(string target)
    {
        using var zip = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Corpus", $"{target}-corpus.zip"));
        return zip.Entries.Select(entry => (entry.Name, Bytes(entry))).ToArray();
    }

    /// <summary>Makes a corpus of AFL's queue. Without dates and in an order of its own, so that equal files make an equal zip.</summary>
    public static void Pack(string queue, string corpus)
    {
        byte[][] files = Directory.EnumerateFiles(queue, "*+cov").Select(File.ReadAllBytes).DistinctBy(Name).OrderBy(Name, StringComparer.Ordinal).ToArray();
        using var stream = File.Create(corpus);
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create);
        foreach (byte[] file in files)
        {
            var entry = zip.CreateEntry(Name(file), CompressionLevel.SmallestSize);
            entry.LastWriteTime = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using var content = entry.Open();
            content.Write(file);
        }

        Console.WriteLine($"{files.Length} files in {corpus}, {stream.Length} bytes before its directory");

        static string Name(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file))[..16];
    }

    // One for each operator, and each exporter's networks.
    private static IEnumerable<(string Name, byte[] File)> Onnx()
        => Models("onnx-node-tests.zip", LargestNode).GroupBy(model => model.Name.Split('_')[1]).Select(group => group.MinBy(model => model.File.Length))
            .Concat(Models("onnx-networks.zip", LargestNetwork));

    private static (string Name, byte[] File)[] Models(string archive, int largest)
    {
        using var zip = ZipFile.OpenRead(PathOf(archive));
        return zip.Entries.Where(entry => entry.Name == "model.onnx" && entry.Length <= largest)
            .Select(entry => (entry.FullName.Split('/')[0], Bytes(entry))).ToArray();
    }

    // Files of all versions. Those of the current one have hashes, which changes do not get past; earlier ones let them through to the network.
    private static IEnumerable<(string Name, byte[] File)> Zip()
    {
        var ml = new MLContext(seed: 0);
        foreach (string version in new[] { "version-1.zip", "version-2.zip" }) yield return (version, Stored(File.ReadAllBytes(PathOf(version))));
        using var iba = IbaTransformer.Load(ml, new MemoryStream(File.ReadAllBytes(PathOf("version-2.zip"))));
        yield return ("iba", Stored(Save(ml, iba)));

        using var source = ZipFile.OpenRead(PathOf("version-2.zip"));
        using var network = OnnxNetwork.Load(new MemoryStream(Bytes(source.Entries.Single(entry => entry.Name == "Network"))));
        var definition = SchemaDefinition.Create(typeof(Row));
        definition[nameof(Row.Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 8, 8, 3);
        var random = new Random(1);
        var rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 3).Select(_ => new Row { Pixels = Enumerable.Range(0, 192).Select(_ => random.NextSingle()).ToArray() }).ToArray(), definition);
        using var method = new GradCam();
        using var gradCam = ml.Transforms.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = nameof(Row.Pixels),
            Network = network,
            Method = method,
            Layer = iba.Layer,
            InputChannelDimension = 3,
            ChannelDimension = 3,
            Output = OutputKind.Logits,
        }).Fit(rows);
        yield return ("grad-cam", Stored(Save(ml, gradCam)));
    }

    /// <summary>The zip without compression, so that a changed byte is a changed byte of an entry.</summary>
    private static byte[] Stored(byte[] file)
    {
        using var result = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(file)))
        using (var stored = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var entry in source.Entries)
            {
                using var content = stored.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                content.Write(Bytes(entry));
            }
        }

        return result.ToArray();
    }

    private static byte[] Save(MLContext ml, ITransformer transformer)
    {
        using var stream = new MemoryStream();
        ml.Model.Save(transformer, null, stream);
        return stream.ToArray();
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var bytes = new MemoryStream();
        using var content = entry.Open();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Seeds", file);

    private sealed class Row
    {
        public float[] Pixels { get; set; } = [];
    }
}
