using System.Globalization;
using Iba.Torch;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>
/// Turns an image of any size into a network's input as torchvision does: resize, crop the centre, scale, subtract the mean, divide by the
/// standard deviation.
/// </summary>
/// <remarks>
/// <para>
/// The steps equal <c>Resize</c>, <c>CenterCrop</c>, <c>ToTensor</c> and <c>Normalize</c> on a Pillow image, byte for byte up to the crop.
/// Take a preset and change what differs: <c>ImagePreprocessing.ImageNet with { ResizeShorterSide = 232 }</c>.
/// </para>
/// <para>
/// Files are read as Pillow reads them (see <see cref="RgbImage.Load(string)"/>), in a column of paths and by <see cref="RgbImage"/>. A column
/// of images was decoded by ML.NET before: transparent parts are laid on white there, and whether a file was whole, or is to be turned,
/// cannot be seen any more. Colour profiles are not applied, grey images get three equal channels.
/// </para>
/// </remarks>
public sealed partial record ImagePreprocessing
{
    private readonly ImageLayout? _layout;

    /// <summary>torchvision's usual transform: shorter side 256, crop 224 x 224, bytes / 255, ImageNet's mean and deviation, RGB.</summary>
    public static ImagePreprocessing ImageNet { get; } = new();

    /// <summary>EfficientNet-Lite0: shorter side 256, crop 224 x 224, (byte - 127) / 128, RGB.</summary>
    public static ImagePreprocessing EfficientNetLite { get; } = new() { Scale = 1, Mean = [127, 127, 127], Std = [128, 128, 128] };

    /// <summary>
    /// Pixels as they are, for networks with their preprocessing inside: values 0 to 255, no mean, no deviation. What the network's input
    /// declares is taken from it by Fit: the layout, grey where it has one channel or none (<c>[N, H, W]</c>), and the size, to which the whole
    /// picture is resized. What is set here goes before: <c>ImagePreprocessing.Raw with { Channels = ImageChannels.Bgr }</c>.
    /// </summary>
    public static ImagePreprocessing Raw { get; } =
        new() { ResizeShorterSide = null, CropWidth = null, CropHeight = null, Scale = 1, Mean = [0, 0, 0], Std = [1, 1, 1], IsOpen = true };

    /// <summary>The shorter side after resizing, in pixels; the longer one follows, cut to an integer. Default 256; null: none.</summary>
    public int? ResizeShorterSide { get; init; } = 256;

    /// <summary>
    /// Exact width after resizing, whatever the image's proportions, with <see cref="ResizeHeight"/>; then <see cref="ResizeShorterSide"/> is
    /// null. Default null.
    /// </summary>
    public int? ResizeWidth { get; init; }

    /// <summary>Exact height after resizing; see <see cref="ResizeWidth"/>. Default null.</summary>
    public int? ResizeHeight { get; init; }

    /// <summary>The filter. Default <see cref="ImageInterpolation.Bilinear"/>.</summary>
    public ImageInterpolation Interpolation { get; init; }

    /// <summary>Width of the central crop, with <see cref="CropHeight"/>; a smaller image is padded with black. Default 224; null: no crop.</summary>
    public int? CropWidth { get; init; } = 224;

    /// <summary>Height of the central crop; see <see cref="CropWidth"/>. Default 224.</summary>
    public int? CropHeight { get; init; } = 224;

    /// <summary>The channels and their order. Default <see cref="ImageChannels.Rgb"/>.</summary>
    public ImageChannels Channels { get; init; }

    /// <summary>
    /// The order of dimensions. Default <see cref="ImageLayout.ChannelsFirst"/>; for grey pixels <see cref="ImageLayout.NoChannels"/> where the
    /// network's input has no dimension for channels.
    /// </summary>
    public ImageLayout Layout
    {
        get => _layout ?? ImageLayout.ChannelsFirst;
        init => _layout = value;
    }

    /// <summary>What bytes (0 to 255) are multiplied with before mean and deviation. Default 1 / 255.</summary>
    public double Scale { get; init; } = 1 / 255.0;

    /// <summary>
    /// Subtracted from the scaled byte, one number per channel in the order of <see cref="Channels"/>. Default 0.485, 0.456, 0.406 (ImageNet).
    /// </summary>
    public IReadOnlyList<double> Mean { get; init => field = [.. value]; } = [0.485, 0.456, 0.406];

    /// <summary>What the difference is divided by, one positive number per channel. Default 0.229, 0.224, 0.225 (ImageNet).</summary>
    public IReadOnlyList<double> Std { get; init => field = [.. value]; } = [0.229, 0.224, 0.225];

    /// <summary>
    /// Whether pictures that are read from a column of paths are turned and mirrored as their files say (EXIF). Set it for networks that were
    /// trained on turned pictures: OpenCV's <c>imread</c> and the pipelines of Hugging Face's transformers turn them. Default false, as most
    /// do: Pillow, and with it torchvision's data sets, timm and Keras; torchvision's own decoder, TensorFlow's <c>decode_jpeg</c>, and ML.NET.
    /// </summary>
    public bool ApplyExifOrientation { get; init; }

    /// <summary>The number of channels: 3, or 1 for <see cref="ImageChannels.Grey"/>.</summary>
    public int ChannelCount => Channels == ImageChannels.Grey ? 1 : 3;

    /// <summary>Width and height of the network's picture, or null where they follow the image's proportions.</summary>
    public (int Width, int Height)? Size =>
        (CropWidth, CropHeight) is (int width, int height) ? (width, height)
        : (ResizeWidth, ResizeHeight) is (int exactWidth, int exactHeight) ? (exactWidth, exactHeight)
        : null;

    /// <summary>Width and height of the network's picture for an image of the given size.</summary>
    public (int Width, int Height) GetSize(int imageWidth, int imageHeight)
    {
        var crop = CropGeometry.Of(this, imageWidth, imageHeight);
        return (crop.Width, crop.Height);
    }

    /// <summary>
    /// The input's dimensions for a picture of the given size, without the batch: <c>[C, H, W]</c>, <c>[H, W, C]</c> or <c>[H, W]</c>.
    /// </summary>
    public long[] GetShape(int width, int height) => Layout switch
    {
        ImageLayout.ChannelsLast => [height, width, ChannelCount],
        ImageLayout.NoChannels => [height, width],
        _ => [ChannelCount, height, width],
    };

    /// <summary>Where the network's picture lies in an original image of the given size.</summary>
    public SourceRectangle GetSourceRectangle(int imageWidth, int imageHeight) => CropGeometry.Of(this, imageWidth, imageHeight).Source;

    /// <summary>Lays a heat map of the network's picture on the original image.</summary>
    /// <param name="heatmap">Bits per pixel of the picture that the network saw, row by row.</param>
    /// <param name="imageWidth">The original's width in pixels.</param>
    /// <param name="imageHeight">The original's height in pixels.</param>
    /// <returns>
    /// Bits per pixel of the original, row by row, interpolated linearly; NaN outside the crop. The total is kept but for what rounding at the
    /// crop's edges takes or gives.
    /// </returns>
    /// <exception cref="ArgumentException">The heat map has another size than the network's picture.</exception>
    public float[] ToOriginal(ReadOnlySpan<float> heatmap, int imageWidth, int imageHeight) =>
        CropGeometry.Of(this, imageWidth, imageHeight).ToOriginal(heatmap);

    /// <summary>Resizes and crops: the picture that the network sees, before scale, mean and deviation.</summary>
    /// <param name="image">Copied at once, neither kept nor disposed.</param>
    /// <exception cref="ArgumentException">The preprocessing is inconsistent, or its result for this image absurdly large.</exception>
    public RgbImage Crop(MLImage image) => Crop(MLImagePixels.Read(image));

    /// <inheritdoc cref="Crop(MLImage)"/>
    public RgbImage Crop(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Validate();
        var source = Channels == ImageChannels.Grey ? Luma.Of(image) : image;
        return CropGeometry.Of(this, image.Width, image.Height).Cut(source, Interpolation);
    }

    /// <summary>Applies scale, mean and deviation to a picture that <see cref="Crop(RgbImage)"/> made.</summary>
    /// <param name="picture">What the network sees.</param>
    /// <param name="values">Receives the input, <see cref="ChannelCount"/> * height * width values in the order of <see cref="Layout"/>.</param>
    /// <exception cref="ArgumentException">The number of values does not fit the picture.</exception>
    public void Normalize(RgbImage picture, Span<float> values)
    {
        ArgumentNullException.ThrowIfNull(picture);
        int count = picture.Width * picture.Height;
        if (values.Length != ChannelCount * count)
        {
            throw new ArgumentException(
                $"{picture.Width} x {picture.Height} pixels with {ChannelCount} channels give {ChannelCount * count} values, not {values.Length}.",
                nameof(values));
        }

        Validate();
        float[] table = new float[256];
        var pixels = picture.Pixels;
        for (int channel = 0; channel < ChannelCount; channel++)
        {
            for (int x = 0; x < table.Length; x++)
            {
                table[x] = (float)ValueOf(x, channel);
            }

            int from = Channels == ImageChannels.Bgr ? 2 - channel : channel;
            var (to, step) = Layout == ImageLayout.ChannelsLast ? (channel, ChannelCount) : (channel * count, 1);
            for (int i = 0; i < count; i++, from += 3, to += step)
            {
                values[to] = table[pixels[from]];
            }
        }
    }

    /// <summary>All steps: the network's input for one image, in the order of <see cref="Layout"/>.</summary>
    /// <param name="image">Copied at once, neither kept nor disposed.</param>
    /// <exception cref="ArgumentException">The preprocessing is inconsistent, or its result for this image absurdly large.</exception>
    public float[] Apply(MLImage image) => Apply(MLImagePixels.Read(image));

    /// <inheritdoc cref="Apply(MLImage)"/>
    public float[] Apply(RgbImage image)
    {
        var picture = Crop(image);
        float[] values = new float[ChannelCount * picture.Width * picture.Height];
        Normalize(picture, values);
        return values;
    }

    /// <summary>Equal in every property, lists compared by content.</summary>
    public bool Equals(ImagePreprocessing? other) =>
        other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The steps, on one line.</summary>
    public override string ToString() => Text;

    /// <summary>The input's value for a byte.</summary>
    private double ValueOf(int pixel, int channel) => ((pixel * Scale) - Mean[channel]) / Std[channel];

    private string Text
    {
        get
        {
            string resize = ResizeShorterSide is int side ? $"resize shorter side to {side}"
                : ResizeWidth is int width ? $"resize to {width} x {ResizeHeight}" : "no resize";
            string crop = CropWidth is int cropWidth ? $"crop {cropWidth} x {CropHeight}" : "no crop";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{resize} ({Interpolation}), {crop}, {Channels}, {Layout}, (byte * {Scale:R} - [{Join(Mean)}]) / [{Join(Std)}]"
                + $"{(IsOpen ? _layout == null ? ", layout and size as the network's" : ", size as the network's" : "")}{(ApplyExifOrientation ? ", turned upright" : "")}");
        }
    }

    private static string Join(IReadOnlyList<double> values) =>
        string.Join(", ", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
