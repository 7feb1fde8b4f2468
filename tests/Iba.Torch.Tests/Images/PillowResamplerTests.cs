using CsCheck;

namespace Iba.Torch.Tests;

public class PillowResamplerTests
{
    [Fact]
    public void Any_window_of_any_size_equals_the_definition() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 60], Gen.Int[1, 60], Gen.Bool, Gen.Int)
            .Sample(
                (width, height, toWidth, toHeight, cubic, seed) =>
                {
                    var random = new Random(seed);
                    var image = Noise(width, height, random);
                    var (x, y) = (random.Next(toWidth), random.Next(toHeight));
                    var window = (x, y, 1 + random.Next(toWidth - x), 1 + random.Next(toHeight - y));
                    var interpolation = cubic ? ImageInterpolation.Bicubic : ImageInterpolation.Bilinear;
                    var fast = PillowResampler.Resample(image, toWidth, toHeight, window, interpolation);
                    var slow = Slow(Slow(image, toWidth, cubic, across: true), toHeight, cubic, across: false);
                    for (int row = 0; row < fast.Height; row++)
                    {
                        var expected = slow.Pixels.Slice(3 * (((y + row) * toWidth) + x), 3 * fast.Width);
                        Assert.Equal(expected.ToArray(), fast.Pixels.Slice(3 * row * fast.Width, 3 * fast.Width).ToArray());
                    }
                },
                iter: 300);

    [Theory]
    [InlineData(ImageInterpolation.Bilinear)]
    [InlineData(ImageInterpolation.Bicubic)]
    public void The_same_size_changes_nothing(ImageInterpolation interpolation)
    {
        var image = Noise(13, 7, new Random(1));
        Assert.Equal(image.Pixels.ToArray(), image.Resize(13, 7, interpolation).Pixels.ToArray());
    }

    [Fact]
    public void A_plain_colour_stays_plain()
    {
        var image = new RgbImage(31, 17, [.. Enumerable.Range(0, 31 * 17).SelectMany(_ => new byte[] { 3, 128, 251 })]);
        Assert.All(image.Resize(200, 5, ImageInterpolation.Bicubic).Pixels.ToArray().Chunk(3), pixel => Assert.Equal([3, 128, 251], pixel));
    }

    [Fact]
    public void A_size_of_nothing_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Noise(3, 3, new Random(1)).Resize(0, 3));

    private static RgbImage Noise(int width, int height, Random random)
    {
        // Extremes, so that the cubic filter overshoots.
        byte[] pixels = new byte[3 * width * height];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = random.Next(4) switch { 0 => 0, 1 => 255, _ => (byte)random.Next(256) };
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>One pass as Pillow's documentation and source define it, pixel by pixel.</summary>
    private static RgbImage Slow(RgbImage image, int size, bool cubic, bool across)
    {
        var (width, height) = across ? (size, image.Height) : (image.Width, size);
        int from = across ? image.Width : image.Height;
        double scale = (double)from / size;
        double stretch = Math.Max(scale, 1);
        byte[] pixels = new byte[3 * width * height];
        for (int i = 0; i < pixels.Length; i++)
        {
            var (x, y, c) = (i / 3 % width, i / 3 / width, i % 3);
            double center = ((across ? x : y) + 0.5) * scale;
            double reach = (cubic ? 2 : 1) * stretch;
            int first = Math.Max(0, (int)(center - reach + 0.5));
            int end = Math.Min(from, (int)(center + reach + 0.5));
            var weights = Enumerable.Range(first, end - first).Select(k => Filter((k - center + 0.5) * (1 / stretch), cubic)).ToList();
            double total = weights.Sum();
            int sum = 1 << 21;
            for (int k = first; k < end; k++)
            {
                byte value = image.Pixels[(3 * (across ? (y * image.Width) + k : (k * image.Width) + x)) + c];
                double weight = weights[k - first] / total * (1 << 22);
                sum += value * (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }

            pixels[i] = (byte)Math.Clamp(sum >> 22, 0, 255);
        }

        return new RgbImage(width, height, pixels);
    }

    private static double Filter(double x, bool cubic)
    {
        x = Math.Abs(x);
        return !cubic ? Math.Max(0, 1 - x)
            : x < 1 ? (1.5 * x * x * x) - (2.5 * x * x) + 1
            : x < 2 ? (-0.5 * x * x * x) + (2.5 * x * x) - (4 * x) + 2 : 0;
    }
}
