namespace Iba.Torch;

/// <summary>How an image is resized. Both filter what they shrink (antialiasing) and equal Pillow's results byte for byte.</summary>
public enum ImageInterpolation
{
    /// <summary>Linear, torchvision's default.</summary>
    Bilinear = 0,

    /// <summary>Cubic (a = -0.5), the choice of many networks in timm.</summary>
    Bicubic = 1,
}
