namespace Iba.MLNet;

/// <summary>The order of dimensions that a network expects.</summary>
public enum ImageLayout
{
    /// <summary><c>[N, C, H, W]</c>: PyTorch, most ONNX files.</summary>
    ChannelsFirst = 0,

    /// <summary><c>[N, H, W, C]</c>: TensorFlow, Keras.</summary>
    ChannelsLast = 1,

    /// <summary><c>[N, H, W]</c>: networks of grey pixels that have no dimension for them. Needs <see cref="ImageChannels.Grey"/>.</summary>
    NoChannels = 2,
}
