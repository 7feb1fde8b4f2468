using System.Text.Json;

namespace Iba.Torch.Tests;

/// <summary>Files of every kind against what Pillow reads of them (see Golden/Pictures/SOURCES.md).</summary>
public class PictureFilesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden", "Pictures");

    private static readonly Recording Recorded =
        JsonSerializer.Deserialize<Recording>(File.ReadAllText(Path.Combine(Folder, "expected.json")), JsonSerializerOptions.Web)!;

    public static TheoryData<string> Names => [.. Recorded.Files.Keys];

    public static TheoryData<string> TurnedNames => [.. Recorded.Files.Keys.Where(name => Recorded.Files[name].Upright != null)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Pixels_equal_Pillows_byte_for_byte(string name)
    {
        var expected = Recorded.Files[name];
        var picture = RgbImage.Load(Path.Combine(Folder, name));
        Assert.Equal((expected.Width, expected.Height), (picture.Width, picture.Height));
        Assert.Equal(expected.Pixels, picture.Pixels.ToArray());
    }

    [Theory]
    [MemberData(nameof(TurnedNames))]
    public void A_picture_is_turned_upright_where_that_is_asked_for(string name)
        => Assert.Equal(Recorded.Files[name].Upright, RgbImage.Load(Path.Combine(Folder, name), applyExifOrientation: true).Pixels.ToArray());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_that_is_cut_short_is_refused_at_every_length(string name)
    {
        var expected = Recorded.Files[name];
        byte[] whole = File.ReadAllBytes(Path.Combine(Folder, name));
        for (int length = 0; length < whole.Length; length++)
        {
            var (picture, problem) = Decode(whole[..length]);
            // What is missing behind the last pixel may be missed or not.
            if (length < expected.Shortest) Assert.True(picture == null, $"{length} of {whole.Length} bytes are read, Pillow needs {expected.Shortest}");
            if (picture != null) Assert.Equal(expected.Pixels, picture.Pixels.ToArray());
            else Assert.Matches("is cut short|is damaged|is no picture", problem);
        }
    }

    [Theory]
    [InlineData("colour.jpg", 0.9)]
    [InlineData("rgb-16-bits.png", 0.9)]
    [InlineData("palette.gif", 0.9)]
    [InlineData("rgb.bmp", 0.5)]
    [InlineData("lossless.webp", 0.99)]
    public void It_is_said_that_a_file_is_cut_short(string name, double part)
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(Folder, name));
        Assert.Contains("The stream is cut short", Decode(whole[..(int)(part * whole.Length)]).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Marks_inside_a_JPEG_are_not_taken_for_its_end()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(Folder, "colour.jpg"));
        // A comment that holds what looks like an end, as thumbnails do.
        byte[] commented = [.. whole[..2], 0xFF, 0xFE, 0, 6, 0xFF, 0xD9, 0xFF, 0xD9, .. whole[2..]];
        Assert.Equal(Recorded.Files["colour.jpg"].Pixels, Decode(commented).Picture!.Pixels.ToArray());
        Assert.Contains("cut short", Decode(commented[..^2]).Problem, StringComparison.Ordinal);
        Assert.NotNull(Decode([.. whole, 1, 2, 3]).Picture);
    }

    /// <summary>The colour under it is not told by Skia: this is where Pillow reads another one (white, by this palette).</summary>
    [Fact]
    public void A_transparent_pixel_of_a_GIF_is_black()
        => Assert.Equal([0, 0, 0], Decode(Convert.FromBase64String("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")).Picture!.Pixels.ToArray());

    [Fact]
    public void A_promise_of_too_many_pixels_is_refused()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Folder, "rgb.bmp"));
        BitConverter.TryWriteBytes(file.AsSpan(18), 30_000);
        BitConverter.TryWriteBytes(file.AsSpan(22), 30_000);
        Assert.Contains("30000 x 30000", Decode(file).Problem, StringComparison.Ordinal);
    }

    private static (RgbImage? Picture, string? Problem) Decode(byte[] file)
    {
        try
        {
            return (RgbImage.Decode(new MemoryStream(file)), null);
        }
        catch (InvalidDataException problem)
        {
            return (null, problem.Message);
        }
    }

    private sealed record Recording(string Pillow, Dictionary<string, Expected> Files);

    private sealed record Expected(int Width, int Height, byte[] Pixels, int Shortest, byte[]? Upright);
}
