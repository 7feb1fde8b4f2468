using CsCheck;

namespace Iba.Torch.Tests;

public class RgbImageTests
{
    [Fact]
    public void PNG_keeps_every_byte() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 20]).SelectMany((w, h) => Gen.Byte.Array[3 * w * h].Select(pixels => new RgbImage(w, h, pixels)))
            .Sample(
                image =>
                {
                    var decoded = RgbImage.Decode(new MemoryStream(image.ToPng()));
                    Assert.Equal((image.Width, image.Height), (decoded.Width, decoded.Height));
                    Assert.True(image.Pixels.SequenceEqual(decoded.Pixels));
                },
                iter: 50);

    [Fact]
    public void Opaque_pixels_are_copied_in_either_order()
    {
        byte[] source = [1, 2, 3, 255, 4, 5, 6, 255];
        Assert.Equal([1, 2, 3, 4, 5, 6], RgbImage.FromPixels(2, 1, 8, bgra: false, source).Pixels.ToArray());
        Assert.Equal([3, 2, 1, 6, 5, 4], RgbImage.FromPixels(2, 1, 8, bgra: true, source).Pixels.ToArray());
    }

    [Fact]
    public void Four_bytes_a_pixel_are_its_colours_and_an_opaque_alpha() =>
        Assert.Equal([1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255], new RgbImage(1, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]).ToRgba());

    [Fact]
    public void Rows_may_be_longer_than_their_pixels() =>
        Assert.Equal([1, 2, 3, 4, 5, 6], RgbImage.FromPixels(1, 2, 6, bgra: false, [1, 2, 3, 255, 9, 9, 4, 5, 6, 255]).Pixels.ToArray());

    [Fact]
    public void Transparent_pixels_are_laid_on_white()
    {
        // Premultiplied: half a red, and nothing at all.
        Assert.Equal([255, 127, 127, 255, 255, 255], RgbImage.FromPixels(2, 1, 8, bgra: false, [128, 0, 0, 128, 0, 0, 0, 0]).Pixels.ToArray());

        // Not premultiplied, as the first colour above its alpha gives away.
        Assert.Equal([255, 127, 127, 255, 255, 255], RgbImage.FromPixels(2, 1, 8, bgra: false, [255, 0, 0, 128, 9, 9, 9, 0]).Pixels.ToArray());
    }

    [Fact]
    public void Alpha_that_was_never_set_is_ignored() =>
        Assert.Equal([10, 20, 30, 0, 0, 0], RgbImage.FromPixels(2, 1, 8, bgra: false, [10, 20, 30, 0, 0, 0, 0, 0]).Pixels.ToArray());

    [Theory]
    [InlineData("")]
    [InlineData("no picture at all")]
    [InlineData("\u0089PNG\r\n\u001a\n")]
    public void What_is_no_picture_says_so(string text)
    {
        byte[] bytes = text.Select(c => (byte)c).ToArray();
        Assert.Contains("no picture", Assert.Throws<InvalidDataException>(() => RgbImage.Decode(new MemoryStream(bytes))).Message);

        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => RgbImage.Load(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("missing.png", Assert.Throws<FileNotFoundException>(() => RgbImage.Load("missing.png")).Message);

    [Fact]
    public void The_number_of_bytes_must_fit()
    {
        Assert.Contains("has 18 bytes", Assert.Throws<ArgumentException>(() => new RgbImage(3, 2, new byte[17])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new RgbImage(0, 2, []));
    }
}
