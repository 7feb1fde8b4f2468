namespace Iba.MLNet;

/// <summary>How a column's values become a network's input. The numbers are written into model files.</summary>
internal enum InputKind
{
    /// <summary>An image, resized, cropped and normalised to <c>[3, H, W]</c>.</summary>
    Image = 0,

    /// <summary>A vector of Single of known size, already normalised, in the network's order.</summary>
    Floats = 1,

    /// <summary>A vector of integers (token ids, bytes) or keys (less one), of known or variable length.</summary>
    Integers = 2,

    /// <summary>No column: 1 for every value of the explained column, 0 for padding.</summary>
    PaddingMask = 3,

    /// <summary>Text: the path of a picture file, which becomes what an image becomes.</summary>
    ImageFile = 4,
}
