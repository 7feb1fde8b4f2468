namespace Iba.Torch;

/// <summary>Draws heat maps over photographs: grey where nothing was used, glowing where the bits are.</summary>
public sealed record HeatmapRenderer
{
    /// <summary>The colours. Default <see cref="ColorMap.Inferno"/>.</summary>
    public ColorMap ColorMap { get; init => field = value ?? throw new ArgumentNullException(nameof(ColorMap)); } = ColorMap.Inferno;

    /// <summary>
    /// The bits per pixel that get the highest colour, 0 or more; more is drawn like it. Null (default): the largest value of the map. Set it
    /// to compare pictures made apart.
    /// </summary>
    public double? Maximum
    {
        get;
        init => field = value is null or (>= 0 and <= double.MaxValue)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(Maximum), value, $"{nameof(Maximum)} is a finite number of bits per pixel, 0 or more, or null for the map's largest value.");
    }

    /// <summary>How bright the photograph lies under the map, from 0 (not seen) to 1. Default 0.7.</summary>
    public double PhotographBrightness
    {
        get;
        init => field = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(PhotographBrightness), value, $"{nameof(PhotographBrightness)} lies between 0 and 1.");
    } = 0.7;

    /// <summary>Draws a map over its photograph.</summary>
    /// <param name="photograph">What the network saw; its size is the map's.</param>
    /// <param name="bits">Bits per pixel, row by row. NaN marks pixels that the map does not cover: they stay grey.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public RgbImage Overlay(RgbImage photograph, ReadOnlySpan<float> bits)
    {
        CheckSize(photograph, bits);
        double maximum = Maximum ?? Largest(bits);
        var source = photograph.Pixels;
        byte[] pixels = new byte[source.Length];
        for (var (i, p) = (0, 0); i < bits.Length; i++, p += 3)
        {
            double grey = ((0.299 * source[p]) + (0.587 * source[p + 1]) + (0.114 * source[p + 2])) / 255;
            (pixels[p], pixels[p + 1], pixels[p + 2]) = Blend(grey, Share(bits[i], maximum));
        }

        return new RgbImage(photograph.Width, photograph.Height, pixels);
    }

    /// <summary>The largest finite value of a map: what gets the highest colour where <see cref="Maximum"/> is null.</summary>
    /// <param name="bits">Bits per pixel.</param>
    /// <returns>In bits per pixel; 0 where there is no finite value above it.</returns>
    public static double Largest(ReadOnlySpan<float> bits)
    {
        float largest = 0f;
        foreach (float value in bits)
        {
            largest = float.IsFinite(value) ? Math.Max(largest, value) : largest;
        }

        return largest;
    }

    /// <summary>Checks that a map is one of its photograph, for what draws the two later.</summary>
    /// <param name="photograph">What the network saw.</param>
    /// <param name="bits">Bits per pixel, row by row.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static void CheckSize(RgbImage photograph, ReadOnlySpan<float> bits)
    {
        ArgumentNullException.ThrowIfNull(photograph);
        if (bits.Length != photograph.Width * photograph.Height)
        {
            throw new ArgumentException(
                $"The heat map has {bits.Length} values, but the photograph has {photograph.Width} x {photograph.Height} pixels: pass the picture "
                + "as the network saw it, cropped and resized, or resize the map to the photograph (Heatmap.Resize).",
                nameof(bits));
        }
    }

    /// <summary>What a colour bar shows: the colour of a value as it lies on a middle grey.</summary>
    /// <param name="share">The value's share of the maximum, 0 to 1.</param>
    public (byte Red, byte Green, byte Blue) BarColor(double share) => Blend(0.5, Share(share, 1));

    private static double Share(double bits, double maximum) =>
        double.IsNaN(bits) || maximum <= 0 ? 0 : Math.Clamp(bits / maximum, 0, 1);

    /// <summary>The map lights up the photograph (both inverted, multiplied), and the photograph fades where the map is strong.</summary>
    private (byte Red, byte Green, byte Blue) Blend(double grey, double share)
    {
        var color = ColorMap[share];
        double under = grey * PhotographBrightness * (1 - (0.8 * share));
        return (Screen(color.Red), Screen(color.Green), Screen(color.Blue));

        byte Screen(byte light) => (byte)Math.Round(255 * (1 - ((1 - under) * (1 - (light / 255.0)))));
    }
}
