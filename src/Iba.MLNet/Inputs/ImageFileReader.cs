using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>Reads the picture file that a column of text names, and prepares it for the network.</summary>
internal sealed class ImageFileReader(ValueGetter<ReadOnlyMemory<char>> getter, string? folder, ImagePreprocessing preprocessing) : InputReader
{
    private ReadOnlyMemory<char> _path;

    public override InputValue Read()
    {
        getter(ref _path);
        string path = _path.ToString();
        if (string.IsNullOrWhiteSpace(path)) throw new InvalidDataException("has no path of a picture");
        try
        {
            return ImageReader.Prepare(RgbImage.Load(folder == null ? path : Path.Combine(folder, path), preprocessing.ApplyExifOrientation), preprocessing);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            throw new InvalidDataException($"names a picture that cannot be used: {problem.Message.TrimEnd('.')}");
        }
    }
}
