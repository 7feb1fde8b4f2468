using Iba.Onnx;
using Iba.Onnx.Tests;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>
/// Model files with random bytes changed, in the zip or in one of its entries: they load, or fail with an error that says why. A crash of the
/// process, or much memory, is a failure, too: see <see cref="MutationCases"/>.
/// </summary>
public sealed class ZipMutationTests
{
    private const long MostAllocated = 128 << 20;

    [Fact]
    public void Three_hundred_changed_files_load_or_are_refused() => Run(0, 300);

    [Fact]
    [Trait("Speed", "Slow")]
    public void So_are_those_up_to_five_thousand() => Run(300, 5_000);

    private static void Run(int first, int end)
    {
        var ml = new MLContext(seed: 1);
        byte[][] corpus = Corpus(ml);
        int refused = 0, loaded = 0;
        using var cases = new MutationCases("zip", first, end);
        foreach (int i in cases.Run())
        {
            var random = new Random(i);
            byte[] file = Change(corpus[random.Next(corpus.Length)], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Load(ml, file, random);
                loaded++;
            }
            catch (Exception refusal) when (refusal is FormatException or NotSupportedException)
            {
                Assert.NotEmpty(refusal.Message);
                refused++;
            }
            catch (Exception exception)
            {
                Assert.Fail($"Case {i}: {exception}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostAllocated, $"Case {i} takes {GC.GetAllocatedBytesForCurrentThread() - before} bytes.");
        }

        cases.Report($"{refused} refused, {loaded} loaded");
        if (cases.AreAll) Assert.InRange(refused, (end - first) / 2, end - first - 1);
    }

    private static void Load(MLContext ml, byte[] file, Random random)
    {
        using AttributionTransformerBase transformer = random.Next(4) == 0
            ? AttributionTransformer.Load(ml, new MemoryStream(file))
            : IbaTransformer.Load(ml, new MemoryStream(file));
        Assert.NotNull(transformer.Provenance.NetworkSha256);
    }

    /// <summary>A byte of the zip itself, or, twice as often, of what is in it.</summary>
    private static byte[] Change(byte[] file, Random random)
    {
        if (random.Next(3) == 0) return MutationCases.Mutate(file, random);
        var entries = ModelFile.Entries(file);
        string path = entries.Keys.ElementAt(random.Next(entries.Count));
        if (random.Next(20) == 0) entries.Remove(path);
        else entries[path] = MutationCases.Mutate(entries[path], random);
        return ModelFile.Write(entries);
    }

    /// <summary>
    /// Files of all versions: those of earlier ones have no hash of their network, so that changes get as far as the network's loader.
    /// </summary>
    private static byte[][] Corpus(MLContext ml)
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "Golden/Persistence");
        byte[] earlier = File.ReadAllBytes(Path.Combine(golden, "version-2.zip"));
        byte[] network = ModelFile.Entries(earlier).Single(entry => entry.Key.EndsWith("/Network", StringComparison.Ordinal)).Value;
        using var onnx = OnnxNetwork.Load(new MemoryStream(network));
        using var other = new ConvolutionalNetwork();
        var pictures = ml.Data.LoadFromEnumerable(PixelRow.Make(6));
        var definition = SchemaDefinition.Create(typeof(PixelRow));
        definition["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 8, 8, 3);
        var small = ml.Data.LoadFromEnumerable(PixelRow.Make(6).Select(row => new PixelRow { Pixels = row.Pixels[..192] }).ToArray(), definition);
        using var loaded = IbaTransformer.Load(ml, new MemoryStream(earlier));
        using var own = ml.Transforms.Iba(TestPipelines.PixelOptions(other)).Fit(pictures);
        using var maps = ml.Transforms.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = onnx,
            Method = new GradCam(),
            Layer = loaded.Layer,
            InputChannelDimension = 3,
            ChannelDimension = 3,
            Output = OutputKind.Logits,
        }).Fit(small);
        return
        [
            File.ReadAllBytes(Path.Combine(golden, "version-1.zip")), earlier, ModelFile.Save(ml, loaded), ModelFile.Save(ml, own, pictures.Schema), ModelFile.Save(ml, maps),
        ];
    }
}
