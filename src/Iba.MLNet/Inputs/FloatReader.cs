using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Reads a vector of Single, whose values are the input already.</summary>
internal sealed class FloatReader(ValueGetter<VBuffer<float>> getter, InputColumn input) : InputReader
{
    private VBuffer<float> _buffer;

    public override InputValue Read()
    {
        getter(ref _buffer);
        if (_buffer.Length != input.Size)
        {
            throw new InvalidDataException($"has {_buffer.Length} values where {input.Size} ({Shapes.Format(input.Shape)}) are needed");
        }

        float[] values = new float[_buffer.Length];
        _buffer.CopyTo(values);
        int bad = Array.FindIndex(values, value => !float.IsFinite(value));
        if (bad >= 0) throw new InvalidDataException($"has {values[bad]} at index {bad}; every value must be finite");
        return new InputValue(values, input.Shape);
    }
}
