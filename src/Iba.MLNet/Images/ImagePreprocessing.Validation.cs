using System.Globalization;

namespace Iba.MLNet;

public sealed partial record ImagePreprocessing
{
    private const int LargestSide = 1 << 15;

    /// <summary>Checks that the properties fit together.</summary>
    /// <exception cref="ArgumentException">They do not; the message names the property, its value and what is allowed.</exception>
    internal void Validate()
    {
        CheckSide(ResizeShorterSide, nameof(ResizeShorterSide));
        CheckSide(ResizeWidth, nameof(ResizeWidth));
        CheckSide(ResizeHeight, nameof(ResizeHeight));
        CheckSide(CropWidth, nameof(CropWidth));
        CheckSide(CropHeight, nameof(CropHeight));
        Check(ResizeWidth.HasValue == ResizeHeight.HasValue, $"{nameof(ResizeWidth)} and {nameof(ResizeHeight)} go together: set both or none.");
        Check(CropWidth.HasValue == CropHeight.HasValue, $"{nameof(CropWidth)} and {nameof(CropHeight)} go together: set both or none.");
        Check(
            ResizeShorterSide is null || ResizeWidth is null,
            $"{nameof(ResizeShorterSide)} ({ResizeShorterSide}) and {nameof(ResizeWidth)} ({ResizeWidth}) exclude each other: set one to null.");
        Check(Enum.IsDefined(Interpolation), $"{nameof(Interpolation)} is {Interpolation}, which is none of its values.");
        Check(Enum.IsDefined(Channels), $"{nameof(Channels)} is {Channels}, which is none of its values.");
        Check(Enum.IsDefined(Layout), $"{nameof(Layout)} is {Layout}, which is none of its values.");
        Check(
            Layout != ImageLayout.NoChannels || Channels == ImageChannels.Grey,
            $"{nameof(Layout)} is {Layout}, but {Channels} has {ChannelCount} channels: set {nameof(Channels)} to {ImageChannels.Grey}.");
        Check(double.IsFinite(Scale) && Scale != 0, $"{nameof(Scale)} is {Scale.ToString(CultureInfo.InvariantCulture)}; it must be finite and not 0.");
        Check(Mean.Count == ChannelCount || (IsOpen && IsEven(Mean)), $"{nameof(Mean)} has {Mean.Count} values, but {Channels} has {ChannelCount} channels.");
        Check(Std.Count == ChannelCount || (IsOpen && IsEven(Std)), $"{nameof(Std)} has {Std.Count} values, but {Channels} has {ChannelCount} channels.");
        Check(Mean.All(double.IsFinite), $"{nameof(Mean)} is [{Join(Mean)}]; every value must be finite.");
        Check(
            Std.All(value => double.IsFinite(value) && value > 0),
            $"{nameof(Std)} is [{Join(Std)}]; every value must be finite and above 0.");
    }

    private static void CheckSide(int? side, string name) =>
        Check(side is null or (> 0 and <= LargestSide), $"{name} is {side}; it must be from 1 to {LargestSide} pixels, or null.");

    private static void Check(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException($"{nameof(ImagePreprocessing)}: {message}");
        }
    }
}
