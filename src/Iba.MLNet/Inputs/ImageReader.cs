using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Reads an image of any size and prepares it for the network.</summary>
/// <remarks>
/// Whose an <see cref="MLImage"/> is differs from source to source: the loader's getter disposes what it is handed, an in-memory
/// list hands out the user's own objects. So one variable is passed again and again, its pixels are used at once, and it is never
/// disposed here.
/// </remarks>
internal sealed class ImageReader(ValueGetter<MLImage> getter, ImagePreprocessing preprocessing) : InputReader
{
    private MLImage? _image;

    public override InputValue Read()
    {
        getter(ref _image!);
        if (_image == null) throw new InvalidDataException("has no image");
        return Prepare(MLImagePixels.Read(_image), preprocessing);
    }

    /// <summary>A picture's values, beside the picture as the network sees it.</summary>
    public static InputValue Prepare(RgbImage image, ImagePreprocessing preprocessing)
    {
        var picture = preprocessing.Crop(image);
        float[] values = new float[preprocessing.ChannelCount * picture.Width * picture.Height];
        preprocessing.Normalize(picture, values);
        return new InputValue(values, preprocessing.GetShape(picture.Width, picture.Height), picture);
    }
}
