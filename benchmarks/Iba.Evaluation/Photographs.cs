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
        var boxes = File.ReadLines(Path.Combine(folder, "boxes.csv")).Skip(1).Select(line => line.Split(',')).ToLookup(
            cells => cells[0],
            cells => new BoundingBox(Subjects.Number(cells[1]), Subjects.Number(cells[2]), Subjects.Number(cells[3]), Subjects.Number(cells[4])));
        return Read(folder, preprocessing, boxes);
    }

    /// <summary>The photographs of the samples.</summary>
    public static IReadOnlyList<EvaluatedRow> Sample(ImagePreprocessing preprocessing) => Read(Subjects.Asset("photos"), preprocessing, null);

    private static EvaluatedRow[] Read(string folder, ImagePreprocessing preprocessing, ILookup<string, BoundingBox>? boxes)
        => Directory.EnumerateFiles(folder, "*.jpg").Order(StringComparer.Ordinal).Select(file =>
        {
            string name = Path.GetFileName(file);
            var photograph = RgbImage.Load(file);
            var crop = preprocessing.Crop(photograph);
            var input = torch.tensor(preprocessing.Apply(photograph), [1, 3, crop.Height, crop.Width]);
            return new EvaluatedRow(name, [input], crop, boxes == null ? null : Object(photograph, crop, preprocessing, boxes[name]));
        }).ToArray();

    private static bool[]? Object(RgbImage photograph, RgbImage crop, ImagePreprocessing preprocessing, IEnumerable<BoundingBox> boxes)
    {
        bool[] isObject = new bool[crop.Height * crop.Width];
        foreach (var box in boxes) box.Mark(isObject, crop.Height, crop.Width, preprocessing.GetSourceRectangle(photograph.Width, photograph.Height));
        return isObject.Contains(true) ? isObject : null;
    }
}
