using Iba.MLNet;
using Iba.Torch;
using SkiaSharp;

namespace Iba.Benchmarks;

/// <summary>The same photographs, each in a row: as they are, and with the map of each way to compute it. The maps of a row share a scale.</summary>
internal static class ParitySheet
{
    private const int Tile = 112;
    private const int Gap = 4;
    private const int Head = 20;

    public static void Save(string path, IReadOnlyList<ParityMaps> all)
    {
        var (width, height) = ImagePreprocessing.EfficientNetLite.Size!.Value;
        string[] files = [.. Assets.Photos().Take(all[0].Maps.Count)];
        using var bitmap = new SKBitmap(Gap + ((all.Count + 1) * (Tile + Gap)), Head + (files.Length * (Tile + Gap)));
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.White);
            using var paint = new SKPaint { Color = SKColors.Black, TextSize = 10, IsAntialias = true };
            for (int column = 0; column < all.Count; column++) canvas.DrawText(all[column].Setting.Name, Left(column + 1), 14, paint);
            for (int row = 0; row < files.Length; row++)
            {
                var photograph = ImagePreprocessing.EfficientNetLite.Crop(RgbImage.Load(files[row]));
                var renderer = new HeatmapRenderer { Maximum = all.Max(maps => maps.Maps[row].Max()) };
                Draw(canvas, photograph, 0, row);
                for (int column = 0; column < all.Count; column++) Draw(canvas, renderer.Overlay(photograph, all[column].Maps[row]), column + 1, row);
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
    }

    private static int Left(int column) => Gap + (column * (Tile + Gap));

    private static void Draw(SKCanvas canvas, RgbImage picture, int column, int row)
    {
        using var tile = SKBitmap.Decode(picture.Resize(Tile, Tile).ToPng());
        canvas.DrawBitmap(tile, Left(column), Head + (row * (Tile + Gap)));
    }
}
