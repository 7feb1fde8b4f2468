using Iba.Torch;

namespace Iba.Reports.Tests.Gallery;

/// <summary>Rows to fill reports with: a disc on a coloured ground, and a map that is a hill where the disc is.</summary>
internal static class GalleryRows
{
    public static readonly string[] Classes = ["beagle", "lynx", "coffee mug", "volcano", "moth"];

    /// <summary>Row i of class i mod 5, with bits that depend on i. Every 50th could not be explained.</summary>
    public static IEnumerable<ReportRow> Pictures(int count, int pictureSize = 96) => Enumerable.Range(0, count).Select(i => Picture(i, pictureSize));

    public static ReportRow Picture(int i, int pictureSize = 96)
    {
        string name = $"photos/{Classes[i % 5]} {i:0000}.jpg";
        if (i % 50 == 49) return new ReportRow { Name = name, Photograph = () => Disc(i, pictureSize), Failure = "The file is cut short: 12,345 bytes are missing." };
        double bits = 100 + (40 * (i % 5)) + (i * 7919 % 101) + (i % 37 == 3 ? 900 : 0);
        return new ReportRow
        {
            Name = name,
            PredictedClass = Classes[i % 11 == 10 ? (i + 1) % 5 : i % 5],
            Target = Classes[i % 5],
            Probability = 1 - (i * 31 % 67 / 100.0),
            ProbabilityKept = 0.5 + (i * 17 % 50 / 100.0),
            Scores = new Dictionary<string, double> { ["Insertion"] = i * 13 % 29 / 29.0 },
            Map = Hill(i, bits),
            Photograph = () => Disc(i, pictureSize),
        };
    }

    /// <summary>28 x 28 positions of a picture of 224 x 224 pixels, with a total of bits.</summary>
    public static ReportMap Hill(int i, double bits)
    {
        const int Side = 28;
        var (centerX, centerY) = Center(i);
        float[] map = new float[Side * Side];
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
                map[(y * Side) + x] = (float)Math.Exp(-40 * (Math.Pow(((x + .5) / Side) - centerX, 2) + Math.Pow(((y + .5) / Side) - centerY, 2)));
        }

        double scale = bits / map.Sum(value => (double)value);
        return new ReportMap(Array.ConvertAll(map, value => (float)(value * scale)), Side, Side) { PictureWidth = 224, PictureHeight = 224 };
    }

    public static RgbImage Disc(int i, int size)
    {
        var (centerX, centerY) = Center(i);
        byte[] pixels = new byte[3 * size * size];
        for (int p = 0; p < size * size; p++)
        {
            var (x, y) = (((p % size) + .5) / size, ((p / size) + .5) / size);
            bool inside = Math.Pow(x - centerX, 2) + Math.Pow(y - centerY, 2) < 0.03;
            pixels[3 * p] = (byte)(inside ? 250 - (i % 5 * 40) : 40 + (60 * x));
            pixels[(3 * p) + 1] = (byte)(inside ? 120 + (i % 7 * 15) : 90 + (70 * y));
            pixels[(3 * p) + 2] = (byte)(inside ? 60 + (i % 3 * 70) : 120 + (i % 4 * 25));
        }

        return new RgbImage(size, size, pixels);
    }

    public static IEnumerable<ReportRow> Texts(int count) => Enumerable.Range(0, count).Select(i =>
    {
        const string Sentence = "The volcano's ash grounded flights over <b>Iceland</b> & the sea";
        TextBits[] words = [new(0, 3, 0.2), new(4, 9, 12 + i), new(14, 3, 6), new(18, 8, 3.5), new(27, 7, 9 + (i % 3)), new(35, 4, 0)];
        return new ReportRow { Name = $"sentence {i}", PredictedClass = i % 2 == 0 ? "travel" : "science", Probability = 0.9, Text = Sentence, Words = words };
    });

    /// <summary>Files of 40 bytes, of which some are not read; the bits are at its first line and at its last bytes.</summary>
    public static IEnumerable<ReportRow> Files(int count) => Enumerable.Range(0, count).Select(i => new ReportRow
    {
        Name = $"file {i}.bin",
        PredictedClass = i % 2 == 0 ? "png" : "csharp",
        Bytes = [.. Enumerable.Range(0, 40).Where(at => at is < 20 or > 35).Select(at => new ByteBits(at, (byte)(at == 3 ? '\n' : 48 + at), at switch { 0 => 16 + i, 1 => 4, 39 => 9, _ => 0 }))],
    });

    private static (double X, double Y) Center(int i) => (0.25 + (i * 37 % 50 / 100.0), 0.25 + (i * 23 % 50 / 100.0));
}
