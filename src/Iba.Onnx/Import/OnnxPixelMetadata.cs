using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>
/// What a file says about the pixels that it takes, as Custom Vision, WinML and ML.NET write it. Exporters copy such entries without
/// checking them; they tell where a preprocessing contradicts the file.
/// </summary>
/// <param name="PixelFormat">The format as the file names it, for example "Bgr8"; null where it names none.</param>
/// <param name="IsBgr">Whether the first channel is blue; false: red; null where the file says neither (grey pixels, for example).</param>
/// <param name="Range">The values that stand for black and white before any other normalisation, for example (0, 255); null where the file does not say it.</param>
/// <param name="ChannelDimension">The dimension of the image input that holds the channels, counted from the batch (0); null where the file does not say it.</param>
public sealed record OnnxPixelMetadata(string? PixelFormat, bool? IsBgr, (float Black, float White)? Range, int? ChannelDimension)
{
    private const string Channels = "DATA_CHANNEL";

    /// <summary>What a model says; null where it says nothing.</summary>
    internal static OnnxPixelMetadata? Of(ModelProto model)
    {
        string? format = Entry("Image.BitmapPixelFormat");
        bool? isBgr = format == null ? null
            : format.StartsWith("Bgr", StringComparison.OrdinalIgnoreCase) ? true
            : format.StartsWith("Rgb", StringComparison.OrdinalIgnoreCase) ? false : null;
        (float, float)? range = Entry("Image.NominalPixelRange") switch
        {
            "NominalRange_0_255" => (0, 255),
            "NominalRange_16_235" => (16, 235),
            "Normalized_0_1" => (0, 1),
            "Normalized_1_1" => (-1, 1),
            _ => null,
        };
        int? channels = model.Graph.Input.Select(ChannelsOf).FirstOrDefault(dimension => dimension >= 0, -1) is var found and >= 0 ? found : null;
        return format == null && range == null && channels == null ? null : new OnnxPixelMetadata(format, isBgr, range, channels);

        string? Entry(string key) => model.MetadataProps.FirstOrDefault(entry => entry.Key == key)?.Value;
    }

    private static int ChannelsOf(ValueInfoProto input)
        => input.Type?.TensorType?.Shape?.Dim.Select((dimension, i) => dimension.Denotation == Channels ? i : -1).FirstOrDefault(i => i >= 0, -1) ?? -1;
}
