using System.Text.Json;
using Iba.Torch;

namespace Iba.MLNet.Tests;

/// <summary>Resizing and grey against Pillow's own results (see Golden/Pillow/SOURCES.md).</summary>
public class PillowGoldenTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Recorded.Length)];

    private static Case[] Recorded { get; } = JsonSerializer.Deserialize<Recording>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "Pillow", "resize.json")), JsonSerializerOptions.Web)!.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Resizing_equals_Pillow_byte_for_byte(int index)
    {
        var recorded = Recorded[index];
        var image = new RgbImage(recorded.Width, recorded.Height, recorded.Pixels);
        Assert.Equal(recorded.Bilinear, image.Resize(recorded.ToWidth, recorded.ToHeight).Pixels.ToArray());
        Assert.Equal(recorded.Bicubic, image.Resize(recorded.ToWidth, recorded.ToHeight, ImageInterpolation.Bicubic).Pixels.ToArray());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Grey_equals_Pillow_byte_for_byte(int index)
    {
        var recorded = Recorded[index];
        byte[] grey = Luma.Of(new RgbImage(recorded.Width, recorded.Height, recorded.Pixels)).Pixels.ToArray();
        Assert.Equal(recorded.Luma.SelectMany(value => new[] { value, value, value }), grey);
    }

    private sealed record Recording(string About, string Pillow, Case[] Cases);

    private sealed record Case(int Width, int Height, int ToWidth, int ToHeight, byte[] Pixels, byte[] Bilinear, byte[] Bicubic, byte[] Luma);
}
