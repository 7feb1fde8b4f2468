namespace Iba.Torch;

/// <summary>Colours for values from 0 to 1: a row of anchors, equally spaced, with straight lines between them.</summary>
public sealed class ColorMap
{
    private readonly (byte Red, byte Green, byte Blue)[] _anchors;

    /// <summary>Makes a colour map.</summary>
    /// <param name="anchors">At least two colours as 0xRRGGBB, from the lowest value to the highest.</param>
    /// <exception cref="ArgumentException">There are fewer than two colours.</exception>
    public ColorMap(params ReadOnlySpan<int> anchors)
    {
        if (anchors.Length < 2)
        {
            throw new ArgumentException($"A colour map needs at least two colours, not {anchors.Length}.", nameof(anchors));
        }

        _anchors = new (byte, byte, byte)[anchors.Length];
        for (int i = 0; i < anchors.Length; i++)
        {
            _anchors[i] = ((byte)(anchors[i] >> 16), (byte)(anchors[i] >> 8), (byte)anchors[i]);
        }
    }

    /// <summary>Black, purple, red, orange, yellow: each step looks equally large, and brightness rises throughout.</summary>
    public static ColorMap Inferno { get; } = new(
        0x000004, 0x1B0C42, 0x4B0C6B, 0x781C6D, 0xA52C60, 0xCF4446, 0xED6925, 0xFB9A06, 0xF7D03C, 0xFCFFA4);

    /// <summary>Purple, blue, green, yellow: as <see cref="Inferno"/>, and told apart with any colour vision.</summary>
    public static ColorMap Viridis { get; } = new(
        0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C, 0xFDE725);

    /// <summary>The colour of a value; values outside 0 to 1 get the colour of the nearer end.</summary>
    public (byte Red, byte Green, byte Blue) this[double value]
    {
        get
        {
            double position = Math.Clamp(double.IsNaN(value) ? 0 : value, 0, 1) * (_anchors.Length - 1);
            int index = Math.Min((int)position, _anchors.Length - 2);
            var (low, high, share) = (_anchors[index], _anchors[index + 1], position - index);
            return (Mix(low.Red, high.Red, share), Mix(low.Green, high.Green, share), Mix(low.Blue, high.Blue, share));
        }
    }

    private static byte Mix(byte low, byte high, double share) => (byte)Math.Round(low + ((high - low) * share));
}
