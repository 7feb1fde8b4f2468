using Iba.MLNet;
using Iba.Torch;
using TorchSharp;

namespace Iba.Evaluation;

/// <summary>The photographs: those of the samples, and those that are for evaluation alone.</summary>
internal static class Photographs
{
    /// <summary>The photographs for evaluation, with their objects. Used neither for statistics nor for choosing settings.</summary>
    public static IReadOnlyList<EvaluatedRow> Evaluation(ImagePreprocessing preprocessing)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "photographs");
        var boxes = File.ReadLines(Path.Combine(folder, "boxes.csv")).Skip(1).Select(line => line.Split(','))
            .ToLookup(cells => cells[0], cells => cells.Skip(1).Select(Subjects.Number).ToArray());
        return Read(folder, preprocessing, boxes);
    }

    /// <summary>The photographs of the samples.</summary>
    public static IReadOnlyList<EvaluatedRow> Sample(ImagePreprocessing preprocessing) => Read(Subjects.Asset("photos"), preprocessing, null);

    private static EvaluatedRow[] Read(string folder, ImagePreprocessing preprocessing, ILookup<string, float[]>? boxes)
        => Directory.EnumerateFiles(folder, "*.jpg").Order(StringComparer.Ordinal).Select(file =>
        {
            string name = Path.GetFileName(file);
            var photograph = RgbImage.Load(file);
            var crop = preprocessing.Crop(photograph);
            var input = torch.tensor(preprocessing.Apply(photograph), [1, 3, crop.Height, crop.Width]);
            return new EvaluatedRow(name, [input], crop, boxes == null ? null : Object(photograph, preprocessing, boxes[name]));
        }).ToArray();

    /// <summary>The boxes as a picture of their own, which is cropped and resized like the photograph.</summary>
    private static bool[]? Object(RgbImage photograph, ImagePreprocessing preprocessing, IEnumerable<float[]> boxes)
    {
        byte[] pixels = new byte[photograph.Pixels.Length];
        foreach (float[] box in boxes)
        {
            int left = Math.Max(0, (int)box[0]), right = Math.Min(photograph.Width, (int)(box[0] + box[2]));
            int bottom = Math.Min(photograph.Height, (int)(box[1] + box[3]));
            for (int y = Math.Max(0, (int)box[1]); y < bottom; y++) pixels.AsSpan(3 * ((y * photograph.Width) + left), 3 * Math.Max(0, right - left)).Fill(255);
        }

        byte[] mask = preprocessing.Crop(new RgbImage(photograph.Width, photograph.Height, pixels)).Pixels.ToArray();
        bool[] isObject = Enumerable.Range(0, mask.Length / 3).Select(pixel => mask[3 * pixel] >= 128).ToArray();
        return isObject.Contains(true) ? isObject : null;
    }
}
