using System.Globalization;
using Iba.Onnx;
using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What a network's file says about its pixels, as a preprocessing and against one.</summary>
internal static class DeclaredPixels
{
    /// <summary>Values that differ by less than this part of the range are the same range.</summary>
    private const double Tolerance = 0.02;

    /// <summary>The preprocessing that the file describes; null where it does not say which values pixels have.</summary>
    public static ImagePreprocessing? Default(Network network)
    {
        if (network is not OnnxNetwork { Pixels: { Range: var (black, white) } pixels }) return null;
        double[] mean = [-black, -black, -black];
        return ImagePreprocessing.Raw with
        {
            Channels = pixels.IsBgr == true ? ImageChannels.Bgr : ImageChannels.Rgb,
            Scale = ((double)white - black) / byte.MaxValue,
            Mean = mean,
        };
    }

    /// <summary>Where a preprocessing does not do what the file says, each in a sentence.</summary>
    public static IEnumerable<string> Contradictions(Network network, ImagePreprocessing preprocessing)
    {
        if (network is not OnnxNetwork { Pixels: { } pixels }) yield break;
        if (pixels.IsBgr is { } isBgr && preprocessing.Channels != ImageChannels.Grey && isBgr != (preprocessing.Channels == ImageChannels.Bgr))
        {
            yield return $"The network's file says that its pixels are {pixels.PixelFormat}, but {nameof(AttributionOptions.Preprocessing)} gives "
                + $"{preprocessing.Channels}: set {nameof(ImagePreprocessing.Channels)} to {(isBgr ? ImageChannels.Bgr : ImageChannels.Rgb)}, unless the file is wrong.";
        }

        // The file speaks of pixels before any mean and deviation, which some networks want beside it.
        if (pixels.Range is var (black, white) && !Agree(0, byte.MaxValue * preprocessing.Scale) && !preprocessing.Ranges.All(range => Agree(range.Black, range.White)))
        {
            var (lowest, highest) = preprocessing.Ranges.First();
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The network's file says that its pixels lie between {black} and {white}, but {nameof(AttributionOptions.Preprocessing)} gives {lowest:0.###} to {highest:0.###}: change {nameof(ImagePreprocessing.Scale)}, {nameof(ImagePreprocessing.Mean)} and {nameof(ImagePreprocessing.Std)}, unless the file is wrong.");
        }

        if (pixels.ChannelDimension is { } dimension && preprocessing.ChannelDimension != dimension)
        {
            yield return $"The network's file says that its channels are in dimension {dimension}, but {nameof(AttributionOptions.Preprocessing)} has the layout "
                + $"{preprocessing.Layout}: change {nameof(ImagePreprocessing.Layout)}, unless the file is wrong.";
        }

        bool Agree(double lowest, double highest)
            => Math.Max(Math.Abs(lowest - black), Math.Abs(highest - white)) <= Tolerance * ((double)white - black);
    }
}
