using Iba.MLNet;
using Iba.MLNet.Tests;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Jobs.Tests;

/// <summary>Small explainers in model zips, and photographs for them.</summary>
internal static class PixelExplainer
{
    public static readonly string[] Classes = ["cat", "dog", "bird", "fish"];

    /// <summary>Writes photographs of noise with a bright square; their sizes differ.</summary>
    public static void WritePhotos(string folder, params string[] names)
    {
        for (int i = 0; i < names.Length; i++)
        {
            string path = Path.Combine(folder, names[i]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Photo(i).SavePng(path);
        }
    }

    public static RgbImage Photo(int seed)
    {
        var random = new Random(seed);
        int width = 17 + (seed % 3), height = 18;
        byte[] pixels = new byte[3 * width * height];
        random.NextBytes(pixels);
        int left = random.Next(width - 6), top = random.Next(height - 6);
        for (int y = top; y < top + 6; y++) pixels.AsSpan(3 * ((y * width) + left), 18).Fill(255);
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Fits an explainer of paths and saves it.</summary>
    public static void SaveForPaths(string zip, string photos)
    {
        var ml = new MLContext(seed: 1);
        using var network = PixelModel.Load(DataType.Float, [3, 16, 16]);
        var rows = ml.Data.LoadFromEnumerable(Directory.GetFiles(photos, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(6).Select(path => new PathRow { Photo = path }));
        using var fitted = ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Photo",
            Network = network,
            Layer = "r",
            Preprocessing = ImagePreprocessing.Raw,
            ClassNames = Classes,
            Seed = 3,
            Steps = 3,
            NoiseCopies = 2,
        }).Fit(rows);
        ml.Model.Save(fitted, rows.Schema, zip);
    }

    /// <summary>Fits an explainer of pixels in a chain after another component, and saves it.</summary>
    public static void SaveForVectors(string zip, IEnumerable<VectorRow> data)
    {
        var ml = new MLContext(seed: 1);
        using var network = PixelModel.Load(DataType.Float, [3, 16, 16]);
        var rows = ml.Data.LoadFromEnumerable(data);
        var pipeline = ml.Transforms.CopyColumns("Pixels", "Values").Append(ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Layer = "r",
            InputShape = [3, 16, 16],
            Seed = 3,
            Steps = 3,
            NoiseCopies = 2,
        }));
        var fitted = pipeline.Fit(rows);
        ml.Model.Save(fitted, rows.Schema, zip);
        fitted.LastTransformer.Dispose();
    }

    public static VectorRow[] Vectors(int count)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(_ => new VectorRow { Values = [.. Enumerable.Range(0, 3 * 16 * 16).Select(_ => (float)random.Next(256))] })];
    }

    internal sealed class PathRow
    {
        public string Photo { get; set; } = "";
    }

    internal sealed class VectorRow
    {
        [VectorType(3 * 16 * 16)]
        public float[] Values { get; set; } = [];
    }
}
