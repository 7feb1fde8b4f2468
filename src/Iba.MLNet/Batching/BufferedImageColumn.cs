using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Copies of images. Each image that is read from it is a new one, the reader's; the one that is handed in is left alone.</summary>
internal sealed class BufferedImageColumn : BufferedColumn
{
    private readonly ValueGetter<MLImage> _getter;
    private readonly KeptPixels[] _images;
    private MLImage? _image; // Handed in again and never disposed, see ImageReader.

    public BufferedImageColumn(ValueGetter<MLImage> getter, int size)
        : base(size)
    {
        _getter = getter;
        _images = new KeptPixels[size];
        for (int slot = 0; slot < size; slot++) _images[slot] = new KeptPixels();
    }

    public override Delegate MakeGetter(Func<int> slot)
    {
        ValueGetter<MLImage> copy = (ref MLImage value) =>
        {
            int current = slot();
            ThrowFailure(current);
            value = _images[current].ToImage()!;
        };
        return copy;
    }

    protected override void Copy(int slot)
    {
        _getter(ref _image!);
        _images[slot].Keep(_image);
    }
}
