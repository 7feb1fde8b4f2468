using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.MLNet;

public sealed partial record ImagePreprocessing
{
    /// <summary>Whether what is not set is taken from the network.</summary>
    private bool IsOpen { get; init; }

    /// <summary>The preprocessing with what the network's input declares, where that was left open.</summary>
    internal ImagePreprocessing ForInput(NetworkInput input)
    {
        var shape = input.Shape;
        var fitted = this;
        if (IsOpen)
        {
            var layout = _layout
                ?? (shape.Count == 3 ? ImageLayout.NoChannels
                : shape.Count == 4 && shape[1] is not (1 or 3) && shape[3] is 1 or 3 ? ImageLayout.ChannelsLast : ImageLayout.ChannelsFirst);
            long channels = shape.Count == 4 ? shape[layout == ImageLayout.ChannelsLast ? 3 : 1] : -1;
            fitted = this with { IsOpen = false, Layout = layout, Channels = layout == ImageLayout.NoChannels || channels == 1 ? ImageChannels.Grey : Channels };
            // The network turned out to have one channel where three were foreseen.
            if (fitted.ChannelCount == 1 && IsEven(Mean) && IsEven(Std)) fitted = fitted with { Mean = [Mean[0]], Std = [Std[0]] };
            var (height, width) = shape.Count < 3 ? (-1, -1) : layout == ImageLayout.ChannelsFirst ? (shape[^2], shape[^1]) : (shape[1], shape[2]);
            bool sized = ResizeShorterSide != null || ResizeWidth != null || CropWidth != null;
            if (!sized && height > 0 && width > 0) fitted = fitted with { ResizeWidth = (int)width, ResizeHeight = (int)height };
        }

        bool noChannels = shape.Count == 3 && fitted.Channels == ImageChannels.Grey && fitted._layout == null;
        return noChannels ? fitted with { Layout = ImageLayout.NoChannels } : fitted;
    }

    /// <summary>Whether every byte becomes a number that the input's type holds exactly.</summary>
    internal bool Fits(ScalarType type)
    {
        var (least, most) = type switch
        {
            ScalarType.Byte => (0.0, 255.0),
            ScalarType.Int8 => (-128, 127),
            ScalarType.Int16 => (short.MinValue, short.MaxValue),
            ScalarType.Int32 or ScalarType.Int64 => (int.MinValue, int.MaxValue),
            _ => (double.NegativeInfinity, double.PositiveInfinity),
        };
        return double.IsInfinity(most) || Enumerable.Range(0, ChannelCount).All(channel => Enumerable.Range(0, 256).All(
            pixel => ValueOf(pixel, channel) is var value && value == Math.Round(value) && value >= least && value <= most));
    }

    /// <summary>The dimension of the channels in a batch; 0: there is none.</summary>
    internal int ChannelDimension => Layout switch { ImageLayout.ChannelsLast => 3, ImageLayout.NoChannels => 0, _ => 1 };

    /// <summary>The input's values for black and white, for each channel.</summary>
    internal IEnumerable<(double Black, double White)> Ranges
        => Enumerable.Range(0, ChannelCount).Select(channel => (ValueOf(0, channel), ValueOf(255, channel)));

    private static bool IsEven(IReadOnlyList<double> values) => values.Count is 1 or 3 && values.All(value => value == values[0]);
}
