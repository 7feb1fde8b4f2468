using Iba.Torch;

namespace ExplainImageClassifier;

/// <summary>A row that comes out of the pipeline.</summary>
internal sealed class Explained
{
    public const int Side = 224;

    public string File { get; set; } = "";

    public string Kind { get; set; } = "";

    /// <summary>What the network saw: red, green and blue planes, 0 to 255.</summary>
    public float[] Pixels { get; set; } = [];

    public string Predicted { get; set; } = "";

    /// <summary>The probability of each kind.</summary>
    public float[] Score { get; set; } = [];

    /// <summary>Bits per pixel.</summary>
    public float[] Bits { get; set; } = [];

    public RgbImage ToImage()
    {
        byte[] bytes = new byte[Pixels.Length];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)Pixels[(i % 3 * Side * Side) + (i / 3)];
        return new RgbImage(Side, Side, bytes);
    }
}
