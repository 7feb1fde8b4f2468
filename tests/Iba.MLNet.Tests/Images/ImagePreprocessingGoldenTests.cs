using Iba.Torch;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Crops against torchvision's (see Golden/Photographs/SOURCES.md).</summary>
public class ImagePreprocessingGoldenTests
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden", "Photographs");
    private static readonly string Photos = Path.Combine(AppContext.BaseDirectory, "assets", "photos");

    [Theory]
    [InlineData("dog")]
    [InlineData("koala")]
    public void The_crop_of_decoded_pixels_equals_torchvisions_byte_for_byte(string name)
    {
        using var image = MLImage.CreateFromFile(Path.Combine(Golden, name + "-decoded.png"));
        var expected = RgbImage.Load(Path.Combine(Golden, name + ".png"));
        var crop = ImagePreprocessing.ImageNet.Crop(image);
        Assert.Equal((224, 224), (crop.Width, crop.Height));
        Assert.True(expected.Pixels.SequenceEqual(crop.Pixels));
    }

    [Theory]
    [InlineData("dog")]
    [InlineData("koala")]
    [InlineData("chickens")]
    [InlineData("panda")]
    [InlineData("pont-du-gard")]
    [InlineData("sheep")]
    public void The_crop_of_a_JPEG_differs_by_the_decoders_rounding_alone(string name)
    {
        using var image = MLImage.CreateFromFile(Path.Combine(Photos, name + ".jpg"));
        var expected = RgbImage.Load(Path.Combine(Golden, name + ".png")).Pixels;
        var crop = ImagePreprocessing.ImageNet.Crop(image).Pixels;
        var (largest, sum) = (0, 0);
        for (int i = 0; i < crop.Length; i++)
        {
            int difference = Math.Abs(crop[i] - expected[i]);
            largest = Math.Max(largest, difference);
            sum += difference;
        }

        // On x64 Linux not one byte differs; decoders of other platforms may round a colour the other way.
        Assert.True(largest <= 2 && sum <= 0.05 * crop.Length, $"largest {largest}, mean {(double)sum / crop.Length}");
    }
}
