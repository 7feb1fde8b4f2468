using System.Runtime.InteropServices;
using System.Text.Json;
using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit.Abstractions;

namespace Iba.MLNet.Tests;

/// <summary>A real network on real photographs, from files to heat maps, against the reference package's results.</summary>
[Collection(nameof(Alone))]
[Trait("Speed", "Slow")]
public class EfficientNetTests(ITestOutputHelper output)
{
    private static readonly string Assets = Path.Combine(AppContext.BaseDirectory, "assets");
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden", "EfficientNetLite0");

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public sealed record Photo(string File);

    private sealed record Case(CaseImage[] Images);

    private sealed record CaseImage(string Name, int Target, float Probability, Spread TotalBits, Spread CorrelationOneSeedWithMeanOfOthers);

    private sealed record Spread(double Mean, double Sd, double Min);

    [Fact]
    public void Statistics_maps_and_bits_agree_with_the_reference()
    {
        var reference = JsonSerializer.Deserialize<Case>(File.ReadAllText(Path.Combine(Golden, "case.json")), Json)!;
        var ml = new MLContext(seed: 1);
        using var network = OnnxNetwork.Load(Path.Combine(Assets, "efficientnet-lite0.onnx"));
        string folder = Path.Combine(Assets, "photos");
        var pipeline = ml.Transforms.LoadImages("Photo", folder, "File").Append(ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Photo",
            Network = network,
            Layer = "blocks.4",
            Preprocessing = ImagePreprocessing.EfficientNetLite,
            Capacity = CapacityKind.LastForward,
            Seed = 1,
            TotalBitsColumnName = "Bits",
            TargetColumnName = "Target",
            ScoresColumnName = "Scores",
        }));
        var photos = ml.Data.LoadFromEnumerable(Directory.GetFiles(folder, "*.jpg").Select(path => new Photo(Path.GetFileName(path))));
        var fitted = pipeline.Fit(photos);
        Assert.Equal(61, fitted.LastTransformer.MeasuredRows);
        Assert.Equal(OutputKind.Logits, fitted.LastTransformer.Output);
        CheckStatistics(ml, fitted, photos.Schema);

        var rows = ml.Read(fitted.Transform(ml.Data.LoadFromEnumerable(reference.Images.Select(image => new Photo(image.Name + ".jpg")))));
        foreach (var (image, row) in reference.Images.Zip(rows))
        {
            double correlation = Correlation(ReadFloats(image.Name + ".bin"), row.Heatmap);
            output.WriteLine(
                $"{image.Name}: correlation {correlation:F4} (reference's worst seed {image.CorrelationOneSeedWithMeanOfOthers.Min:F4}), " +
                $"{row.Bits:F0} bits (reference {image.TotalBits.Mean:F0} +- {image.TotalBits.Sd:F0}), p {row.Scores[row.Target]:F4} ({image.Probability:F4})");
            Assert.Equal(image.Target, row.Target);
            Assert.Equal(image.Probability, row.Scores[row.Target], 0.02);
            Assert.InRange(correlation, image.CorrelationOneSeedWithMeanOfOthers.Min, 1);
            Assert.InRange(row.Bits, image.TotalBits.Mean - (3 * image.TotalBits.Sd), image.TotalBits.Mean + (3 * image.TotalBits.Sd));
        }

        // A photograph alone gets the map that it got in the batch.
        using var engine = ml.Model.CreatePredictionEngine<Photo, ExplainedRow>(fitted);
        IbaTransformerTests.AssertClose(rows[2], engine.Predict(new Photo(reference.Images[2].Name + ".jpg")));
    }

    // Another JPEG decoder would round differently: room for a few thousandths of a deviation. With the same decoder it is 3e-6 at most.
    private void CheckStatistics(MLContext ml, TransformerChain<IbaTransformer> fitted, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        ml.Model.Save(fitted, schema, stream);
        using var zip = new System.IO.Compression.ZipArchive(stream, System.IO.Compression.ZipArchiveMode.Read);
        using var buffer = new MemoryStream();
        using (var entry = zip.Entries.Single(entry => entry.Name == "Statistics" || entry.FullName.EndsWith("Statistics", StringComparison.Ordinal)).Open()) entry.CopyTo(buffer);
        buffer.Position = 0;
        using var statistics = LayerStatistics.Load(new BinaryReader(buffer));
        float[] mean = statistics.Mean.data<float>().ToArray(), std = statistics.Std.data<float>().ToArray();
        float[] expectedMean = ReadFloats("mean.bin"), expectedStd = ReadFloats("std.bin");
        double meanError = 0, stdError = 0, worst = 0;
        for (int i = 0; i < mean.Length; i++)
        {
            double scale = Math.Max(expectedStd[i], 0.01);
            meanError += Math.Abs(mean[i] - expectedMean[i]) / scale / mean.Length;
            stdError += Math.Abs(std[i] - expectedStd[i]) / scale / mean.Length;
            worst = Math.Max(worst, Math.Max(Math.Abs(mean[i] - expectedMean[i]), Math.Abs(std[i] - expectedStd[i])) / scale);
        }

        output.WriteLine($"mean differs by {meanError:E2} deviations on average, deviation by {stdError:E2}, at most {worst:E2}");
        Assert.True(statistics.Active.all().item<bool>());
        Assert.InRange(meanError, 0, 0.002);
        Assert.InRange(stdError, 0, 0.002);
        Assert.InRange(worst, 0, 0.05);
    }

    private static float[] ReadFloats(string name) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(Golden, name))).ToArray();

    private static double Correlation(float[] a, float[] b)
    {
        double meanA = a.Average(), meanB = b.Average();
        double product = 0, squareA = 0, squareB = 0;
        foreach (var (x, y) in a.Zip(b))
        {
            product += (x - meanA) * (y - meanB);
            squareA += (x - meanA) * (x - meanA);
            squareB += (y - meanB) * (y - meanB);
        }

        return product / Math.Sqrt(squareA * squareB);
    }
}
