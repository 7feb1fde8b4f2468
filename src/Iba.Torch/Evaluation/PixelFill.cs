namespace Iba.Torch;

/// <summary>What a metric puts in the place of what it removes from an input.</summary>
public enum PixelFill
{
    /// <summary>0 in the network's own (normalised) space.</summary>
    Zero = 0,

    /// <summary>The row's own mean of each channel, over all its positions.</summary>
    ChannelMean = 1,

    /// <summary>The picture, blurred as RISE does it: a window of 11 x 11 that is nearly flat. For pictures only.</summary>
    Blurred = 2,
}
