using System.Buffers.Binary;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Iba.MLNet.Tests;

/// <summary>What becomes of files that are no plain RGB, through ML.NET's reader and through ours.</summary>
public class MLImagePixelsTests
{
    [Fact]
    public void Grey_becomes_three_equal_channels() =>
        AssertPixels(PictureFiles.Png(2, 1, 8, 0, [7, 200]), [7, 7, 7, 200, 200, 200]);

    [Fact]
    public void A_palette_is_looked_up() =>
        AssertPixels(PictureFiles.Png(2, 1, 8, 3, [1, 0], palette: [1, 2, 3, 40, 50, 60]), [40, 50, 60, 1, 2, 3]);

    [Fact]
    public void A_palettes_transparent_colour_is_laid_on_white_by_ML_NET_and_kept_by_us() =>
        AssertPixels(
            PictureFiles.Png(2, 1, 8, 3, [1, 0], palette: [1, 2, 3, 40, 50, 60], transparency: [0, 255]), [40, 50, 60, 255, 255, 255], [40, 50, 60, 1, 2, 3]);

    [Fact]
    public void Sixteen_bits_are_rounded_to_eight()
    {
        byte[] samples = new byte[2 * 6];
        foreach (var (i, value) in new ushort[] { 0, 0x8080, 0xFFFF, 0x0101, 0x4040, 0xC0C0 }.Index())
        {
            BinaryPrimitives.WriteUInt16BigEndian(samples.AsSpan(2 * i), value);
        }

        AssertPixels(PictureFiles.Png(2, 1, 16, 2, samples), [0, 0x80, 0xFF, 0x01, 0x40, 0xC0]);
    }

    [Fact]
    public void Transparency_is_laid_on_white_where_ML_NET_mixed_it_in_and_dropped_where_the_file_is_ours_to_read() =>
        AssertPixels(
            PictureFiles.Png(3, 1, 8, 6, [255, 0, 0, 255, 255, 0, 0, 128, 9, 9, 9, 0]),
            [255, 0, 0, 255, 127, 127, 255, 255, 255],
            [255, 0, 0, 255, 0, 0, 9, 9, 9]);

    [Fact]
    public void EXIF_orientation_is_not_applied()
    {
        var (read, own) = Read(PictureFiles.JpegToBeTurned());
        Assert.Equal((16, 8), (read.Width, read.Height));
        Assert.Equal((16, 8), (own.Width, own.Height));
        Assert.True(read.Pixels[0] > 200 && read.Pixels[^1] > 200, "red left, blue right");
    }

    [Theory]
    [InlineData(MLPixelFormat.Rgba32)]
    [InlineData(MLPixelFormat.Bgra32)]
    public void Pixels_made_in_memory_are_read_in_their_own_order(MLPixelFormat format)
    {
        byte[] pixels = format == MLPixelFormat.Rgba32 ? [1, 2, 3, 255, 4, 5, 6, 255] : [3, 2, 1, 255, 6, 5, 4, 255];
        using var image = MLImage.CreateFromPixels(2, 1, format, pixels);
        Assert.Equal([1, 2, 3, 4, 5, 6], MLImagePixels.Read(image).Pixels.ToArray());
        Assert.Equal(2, image.Width);
    }

    [Fact]
    public void The_image_stays_the_callers()
    {
        using var image = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Rgba32, new byte[16]);
        var crop = ImagePreprocessing.ImageNet.Crop(image);
        Assert.Equal(16, image.Pixels.Length);
        image.Dispose();
        Assert.Equal(224, crop.Width);
        Assert.Throws<InvalidOperationException>(() => ImagePreprocessing.ImageNet.Crop(image));
    }

    [Fact]
    public void A_missing_image_is_refused() =>
        Assert.Throws<ArgumentNullException>(() => ImagePreprocessing.ImageNet.Apply((MLImage)null!));

    /// <summary>ML.NET is compiled against one version of SkiaSharp; with another these transforms die of missing methods.</summary>
    [Fact]
    public void ML_NETs_own_image_transforms_run_beside_ours()
    {
        var ml = new MLContext(1);
        string folder = Path.Combine(AppContext.BaseDirectory, "assets", "photos");
        var files = ml.Data.LoadFromEnumerable([new Row { File = "dog.jpg" }]);
        var pipeline = ml.Transforms.LoadImages("Photo", folder, "File")
            .Append(ml.Transforms.ResizeImages("Small", 32, 16, "Photo", ImageResizingEstimator.ResizingKind.IsoPad))
            .Append(ml.Transforms.ConvertToGrayscale("Grey", "Small"))
            .Append(ml.Transforms.ExtractPixels("Pixels", "Grey"))
            .Append(ml.Transforms.ConvertToImage(16, 32, "Back", "Pixels"));
        var data = pipeline.Fit(files).Transform(files);

        using var cursor = data.GetRowCursor(data.Schema);
        Assert.True(cursor.MoveNext());
        MLImage? photo = null, back = null;
        cursor.GetGetter<MLImage>(data.Schema["Photo"])(ref photo!);
        cursor.GetGetter<MLImage>(data.Schema["Back"])(ref back!);
        Assert.Equal(32, back.Width);
        Assert.Equal(4 * photo.Width * photo.Height, photo.Pixels.Length);
        Assert.Equal(3 * 224 * 224, ImagePreprocessing.ImageNet.Apply(photo).Length);
    }

    private static void AssertPixels(byte[] file, byte[] expected, byte[]? expectedOfFile = null)
    {
        var (read, own) = Read(file);
        Assert.Equal(expected, read.Pixels.ToArray());
        Assert.Equal(expectedOfFile ?? expected, own.Pixels.ToArray());
    }

    private static (RgbImage Read, RgbImage Own) Read(byte[] file)
    {
        using var image = MLImage.CreateFromStream(new MemoryStream(file));
        return (MLImagePixels.Read(image), RgbImage.Decode(new MemoryStream(file)));
    }

    private sealed class Row
    {
        public string File { get; set; } = "";
    }
}
