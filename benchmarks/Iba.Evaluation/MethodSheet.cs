using Iba.Torch;
using SkiaSharp;

namespace Iba.Evaluation;

/// <summary>The same photographs under all methods, each map on its own scale.</summary>
internal static class MethodSheet
{
    private const int Tile = 112;
    private const int Gap = 4;
    private const int Head = 44;
    private const int LineLength = 16;

    public static void Save(string path, Comparison comparison)
    {
        string[] titles = ["photograph", .. comparison.Results.Select(result => result.Name)];
        using var bitmap = new SKBitmap(Gap + (titles.Length * (Tile + Gap)), Head + (comparison.Sheet.Count * (Tile + Gap)) + Gap);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.White);
            using var paint = new SKPaint { Color = SKColors.Black, TextSize = 11, IsAntialias = true };
            for (int column = 0; column < titles.Length; column++)
            {
                var lines = Lines(titles[column]);
                for (int line = 0; line < lines.Count; line++) canvas.DrawText(lines[line], Gap + (column * (Tile + Gap)), 12 + (13 * line), paint);
            }

            for (int row = 0; row < comparison.Sheet.Count; row++)
            {
                var (photograph, maps) = comparison.Sheet[row];
                Draw(canvas, photograph, 0, row);
                for (int column = 0; column < maps.Count; column++) Draw(canvas, new HeatmapRenderer().Overlay(photograph, maps[column]), column + 1, row);
            }
        }

        using var file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
    }

    /// <summary>A title in lines that fit over a tile.</summary>
    private static List<string> Lines(string title)
    {
        var lines = new List<string> { "" };
        foreach (string word in title.Replace(",", "", StringComparison.Ordinal).Split(' '))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + word.Length > LineLength) lines.Add("");
            lines[^1] = lines[^1].Length == 0 ? word : $"{lines[^1]} {word}";
        }

        return lines;
    }

    private static void Draw(SKCanvas canvas, RgbImage picture, int column, int row)
    {
        using var tile = SKBitmap.Decode(picture.Resize(Tile, Tile).ToPng());
        canvas.DrawBitmap(tile, Gap + (column * (Tile + Gap)), Head + (row * (Tile + Gap)));
    }
}
