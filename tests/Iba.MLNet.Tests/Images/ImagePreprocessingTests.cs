using System.Text;
using CsCheck;
using Iba.Torch;

namespace Iba.MLNet.Tests;

public class ImagePreprocessingTests
{
    private static readonly ImagePreprocessing Plain = ImagePreprocessing.ImageNet with
    {
        ResizeShorterSide = null,
        CropWidth = null,
        CropHeight = null,
        Scale = 1,
        Mean = [0, 0, 0],
        Std = [1, 1, 1],
    };

    private static readonly RgbImage TwoPixels = new(2, 1, [1, 2, 3, 4, 5, 6]);

    [Fact]
    public void Channels_and_layout_order_the_values()
    {
        Assert.Equal([1, 4, 2, 5, 3, 6], Plain.Apply(TwoPixels));
        Assert.Equal([1, 2, 3, 4, 5, 6], (Plain with { Layout = ImageLayout.ChannelsLast }).Apply(TwoPixels));
        Assert.Equal([3, 6, 2, 5, 1, 4], (Plain with { Channels = ImageChannels.Bgr }).Apply(TwoPixels));
        Assert.Equal([3, 2, 1, 6, 5, 4], (Plain with { Channels = ImageChannels.Bgr, Layout = ImageLayout.ChannelsLast }).Apply(TwoPixels));
        Assert.Equal([3, 1, 2], Plain.GetShape(2, 1));
        Assert.Equal([1, 2, 3], (Plain with { Layout = ImageLayout.ChannelsLast }).GetShape(2, 1));
    }

    [Fact]
    public void Mean_and_deviation_belong_to_the_networks_channels()
    {
        var rgb = Plain with { Mean = [1, 2, 3], Std = [1, 2, 4] };
        Assert.Equal([0, 3, 0, 1.5f, 0, 0.75f], rgb.Apply(TwoPixels));
        Assert.Equal([2, 5, 0, 1.5f, -0.5f, 0.25f], (rgb with { Channels = ImageChannels.Bgr }).Apply(TwoPixels));
    }

    [Fact]
    public void The_presets_are_the_networks_own()
    {
        var white = new RgbImage(1, 1, [255, 255, 255]);
        float[] imageNet = ImagePreprocessing.ImageNet.Apply(white);
        Assert.Equal(3 * 224 * 224, imageNet.Length);
        Assert.Equal((1 - 0.485f) / 0.229f, imageNet[0], 1e-6);
        Assert.Equal((1 - 0.456f) / 0.224f, imageNet[224 * 224], 1e-6);
        Assert.Equal((1 - 0.406f) / 0.225f, imageNet[2 * 224 * 224], 1e-6);
        Assert.All(ImagePreprocessing.EfficientNetLite.Apply(white), value => Assert.Equal(1, value));
    }

    [Fact]
    public void Grey_is_Pillows_luma()
    {
        var grey = Plain with { Channels = ImageChannels.Grey, Mean = [0], Std = [1] };
        var image = new RgbImage(5, 1, [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 10, 20, 30]);
        Assert.Equal([76, 150, 29, 255, 18], grey.Apply(image));
        Assert.Equal([1, 1, 5], grey.GetShape(5, 1));
    }

    /// <summary>As torchvision computes: the longer side is cut, the offset rounded half to even.</summary>
    [Theory]
    [InlineData(640, 427, 383, 256, 80, 16)]
    [InlineData(427, 640, 256, 383, 16, 80)]
    [InlineData(500, 333, 384, 256, 80, 16)]
    [InlineData(301, 256, 301, 256, 38, 16)]
    [InlineData(303, 256, 303, 256, 40, 16)]
    [InlineData(50, 50, 256, 256, 16, 16)]
    [InlineData(1, 3, 256, 768, 16, 272)]
    public void Sizes_and_offsets_are_torchvisions(int width, int height, int resizedWidth, int resizedHeight, int left, int top)
    {
        var geometry = CropGeometry.Of(ImagePreprocessing.ImageNet, width, height);
        Assert.Equal((resizedWidth, resizedHeight, left, top), (geometry.ResizedWidth, geometry.ResizedHeight, geometry.Left, geometry.Top));
    }

    [Fact]
    public void A_crop_larger_than_the_image_is_padded_with_black()
    {
        // Three more columns: one goes left, two right, as torchvision pads. One more row goes below.
        var crop = (Plain with { CropWidth = 5, CropHeight = 2 }).Crop(TwoPixels);
        Assert.Equal([0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, .. new byte[15]], crop.Pixels.ToArray());

        var narrow = (Plain with { CropWidth = 1, CropHeight = 3 }).Crop(TwoPixels);
        Assert.Equal([0, 0, 0, 1, 2, 3, 0, 0, 0], narrow.Pixels.ToArray());
    }

    [Fact]
    public void Cutting_a_window_equals_resizing_all_and_cutting_then() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[1, 30], Gen.Int[1, 30], Gen.Int[1, 30], Gen.Int).Sample(
            (width, height, side, cropWidth, cropHeight, seed) =>
            {
                byte[] pixels = new byte[3 * width * height];
                new Random(seed).NextBytes(pixels);
                var image = new RgbImage(width, height, pixels);
                var whole = (Plain with { ResizeShorterSide = side }).Crop(image);
                var expected = (Plain with { CropWidth = cropWidth, CropHeight = cropHeight }).Crop(whole);
                var crop = (Plain with { ResizeShorterSide = side, CropWidth = cropWidth, CropHeight = cropHeight }).Crop(image);
                Assert.Equal(expected.Pixels.ToArray(), crop.Pixels.ToArray());
            },
            iter: 200);

    [Fact]
    public void The_source_rectangle_leads_back_to_the_original()
    {
        Assert.Equal(new SourceRectangle(50, 25, 350, 350), ImagePreprocessing.ImageNet.GetSourceRectangle(450, 400));
        Assert.Equal(new SourceRectangle(288, 32, 448, 448), ImagePreprocessing.ImageNet.GetSourceRectangle(1024, 512));
        Assert.Equal(new SourceRectangle(-1, 0, 5, 2), (Plain with { CropWidth = 5, CropHeight = 2 }).GetSourceRectangle(2, 1));
    }

    [Fact]
    public void A_heat_map_on_the_original_keeps_its_bits_and_leaves_the_rest_NaN()
    {
        float[] heatmap = Enumerable.Range(0, 224 * 224).Select(i => (float)(i % 224)).ToArray();
        float[] map = ImagePreprocessing.ImageNet.ToOriginal(heatmap, 1024, 512);
        Assert.Equal(1024 * 512, map.Length);
        Assert.Equal(448 * 448, map.Count(value => !float.IsNaN(value)));
        Assert.True(float.IsNaN(map[(100 * 1024) + 287]) && float.IsNaN(map[(31 * 1024) + 500]));

        // Twice the size each way: a quarter of the bits per pixel, half-way between the centres.
        Assert.Equal(0, map[(100 * 1024) + 288]);
        Assert.Equal(0.25f * 100.25f, map[(100 * 1024) + 288 + 201]);
        double total = heatmap.Sum(value => (double)value);
        Assert.Equal(total, map.Where(value => !float.IsNaN(value)).Sum(value => (double)value), 1e-6 * total);

        Assert.Contains("3 values", Assert.Throws<ArgumentException>(() => ImagePreprocessing.ImageNet.ToOriginal([1, 2, 3], 9, 9)).Message);
    }

    [Fact]
    public void Exact_sizes_ignore_proportions()
    {
        var exact = Plain with { ResizeWidth = 7, ResizeHeight = 3 };
        Assert.Equal((7, 3), exact.Size);
        Assert.Equal((7, 3), exact.GetSize(100, 900));
        Assert.Equal(3 * 7 * 3, exact.Apply(TwoPixels).Length);
    }

    [Fact]
    public void Without_crop_the_size_follows_the_image()
    {
        var free = Plain with { ResizeShorterSide = 100 };
        Assert.Null(free.Size);
        Assert.Equal((200, 100), free.GetSize(20, 10));
        Assert.Equal((224, 224), ImagePreprocessing.ImageNet.Size);
    }

    [Fact]
    public void A_strip_that_is_cropped_costs_little_and_one_that_is_not_is_refused()
    {
        var strip = new RgbImage(1, 200_000, new byte[600_000]);
        Assert.Equal(224 * 224 * 3, ImagePreprocessing.ImageNet.Apply(strip).Length);
        string message = Assert.Throws<ArgumentException>(() => (Plain with { ResizeShorterSide = 256 }).Crop(strip)).Message;
        Assert.Contains("1 x 200000 pixels would become 256 x 51200000", message);
    }

    [Fact]
    public void What_does_not_fit_together_is_named()
    {
        AssertInvalid(Plain with { ResizeShorterSide = 0 }, "ResizeShorterSide is 0; it must be from 1 to 32768");
        AssertInvalid(Plain with { CropWidth = 8 }, "CropWidth and CropHeight go together");
        AssertInvalid(Plain with { ResizeHeight = 8 }, "ResizeWidth and ResizeHeight go together");
        AssertInvalid(ImagePreprocessing.ImageNet with { ResizeWidth = 8, ResizeHeight = 8 }, "exclude each other");
        AssertInvalid(Plain with { Std = [1, 0, 1] }, "Std is [1, 0, 1]; every value must be finite and above 0");
        AssertInvalid(Plain with { Mean = [1, double.NaN, 1] }, "Mean is [1, NaN, 1]");
        AssertInvalid(Plain with { Mean = [1] }, "Mean has 1 values, but Rgb has 3 channels");
        AssertInvalid(Plain with { Channels = ImageChannels.Grey }, "but Grey has 1 channels");
        AssertInvalid(Plain with { Layout = ImageLayout.NoChannels }, "Layout is NoChannels, but Rgb has 3 channels: set Channels to Grey");
        AssertInvalid(Plain with { Scale = double.PositiveInfinity }, "Scale is");
        AssertInvalid(Plain with { Interpolation = (ImageInterpolation)9 }, "Interpolation is 9");
    }

    [Fact]
    public void The_values_buffer_must_fit() =>
        Assert.Contains("give 6 values, not 5", Assert.Throws<ArgumentException>(() => Plain.Normalize(TwoPixels, new float[5])).Message);

    [Fact]
    public void What_is_saved_comes_back()
    {
        ImagePreprocessing[] all =
        [
            ImagePreprocessing.ImageNet, ImagePreprocessing.EfficientNetLite, Plain,
            Plain with { ResizeWidth = 5, ResizeHeight = 9, Interpolation = ImageInterpolation.Bicubic, Layout = ImageLayout.ChannelsLast },
            Plain with { Channels = ImageChannels.Grey, Mean = [0.1], Std = [0.3], Scale = 1 / 3.0 },
            Plain with { Channels = ImageChannels.Grey, Mean = [0.1], Std = [0.3], Layout = ImageLayout.NoChannels },
            Plain with { ApplyExifOrientation = true },
        ];
        Assert.Equal(all, all.Select(preprocessing => Load(Save(preprocessing))));
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void The_first_version_had_no_orientation()
    {
        byte[] bytes = Save(ImagePreprocessing.ImageNet);
        Assert.Equal(ImagePreprocessing.ImageNet, Load([1, .. bytes[1..^1]]));
    }

    [Fact]
    public void Damaged_and_newer_bytes_are_refused()
    {
        byte[] bytes = Save(ImagePreprocessing.ImageNet);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => Load(bytes[..length]));
        }

        Assert.Contains("format version 3", Assert.Throws<InvalidDataException>(() => Load([3, .. bytes[1..]])).Message);
        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => Load([.. bytes[..4], 255, 255, 255, 255, .. bytes[8..]])).Message);
    }

    [Theory]
    [InlineData(new long[] { -1, 32, 48, 3 }, ImageLayout.ChannelsLast, ImageChannels.Rgb, 48, 32)]
    [InlineData(new long[] { -1, 3, 32, 48 }, ImageLayout.ChannelsFirst, ImageChannels.Rgb, 48, 32)]
    [InlineData(new long[] { 1, 1, 32, 48 }, ImageLayout.ChannelsFirst, ImageChannels.Grey, 48, 32)]
    [InlineData(new long[] { 1, 32, 48, 1 }, ImageLayout.ChannelsLast, ImageChannels.Grey, 48, 32)]
    [InlineData(new long[] { -1, 32, 48 }, ImageLayout.NoChannels, ImageChannels.Grey, 48, 32)]
    [InlineData(new long[] { -1, -1, -1, 3 }, ImageLayout.ChannelsLast, ImageChannels.Rgb, 5, 3)]
    [InlineData(new long[0], ImageLayout.ChannelsFirst, ImageChannels.Rgb, 5, 3)]
    public void Raw_takes_layout_channels_and_size_from_the_network(long[] shape, ImageLayout layout, ImageChannels channels, int width, int height)
    {
        var fitted = ImagePreprocessing.Raw.ForInput(new NetworkInput("x", TorchSharp.torch.ScalarType.Byte, shape));
        Assert.Equal((layout, channels), (fitted.Layout, fitted.Channels));
        Assert.Equal((width, height), fitted.GetSize(5, 3));
        Assert.True(fitted.Fits(TorchSharp.torch.ScalarType.Byte));
        Assert.Equal(fitted, Load(Save(fitted)));
    }

    [Fact]
    public void What_is_set_on_Raw_goes_before_what_the_network_declares()
    {
        var input = new NetworkInput("x", TorchSharp.torch.ScalarType.Float32, [-1, 3, 32, 3]);
        var fitted = (ImagePreprocessing.Raw with { Layout = ImageLayout.ChannelsLast, CropWidth = 7, CropHeight = 9, Channels = ImageChannels.Bgr }).ForInput(input);
        Assert.Equal((ImageLayout.ChannelsLast, ImageChannels.Bgr, (7, 9)), (fitted.Layout, fitted.Channels, fitted.Size!.Value));
        Assert.Equal(ImagePreprocessing.ImageNet, ImagePreprocessing.ImageNet.ForInput(input));
    }

    [Fact]
    public void Raw_bytes_stay_as_they_are() =>
        Assert.Equal(TwoPixels.Pixels.ToArray().Select(value => (float)value), (ImagePreprocessing.Raw with { Layout = ImageLayout.ChannelsLast }).Apply(TwoPixels));

    private static void AssertInvalid(ImagePreprocessing preprocessing, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => preprocessing.Apply(TwoPixels)).Message);

    private static byte[] Save(ImagePreprocessing preprocessing)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        preprocessing.Save(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static ImagePreprocessing Load(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        return ImagePreprocessing.Load(reader);
    }
}
