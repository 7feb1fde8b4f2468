namespace Iba.MLNet;

/// <summary>The channels that a network expects, in its order.</summary>
public enum ImageChannels
{
    /// <summary>Red, green, blue: most networks.</summary>
    Rgb = 0,

    /// <summary>Blue, green, red: networks trained with Caffe or OpenCV.</summary>
    Bgr = 1,

    /// <summary>One channel of luma, 0.299 red + 0.587 green + 0.114 blue, rounded to bytes as Pillow's mode L.</summary>
    Grey = 2,
}
