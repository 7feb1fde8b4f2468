using TorchSharp;

namespace Iba.MLNet;

/// <summary>A tensor <c>[N, ...]</c> as managed memory, row by row.</summary>
internal sealed class RowArrays
{
    private readonly float[] _values;
    private readonly int _size;

    public RowArrays(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        _values = tensor.to(torch.float32, torch.CPU).contiguous().data<float>().ToArray();
        _size = _values.Length / (int)tensor.shape[0];
    }

    /// <summary>A row's values.</summary>
    public float[] Row(int row) => Row(row, _size);

    /// <summary>A row's first values, zeros where it has fewer.</summary>
    public float[] Row(int row, int count)
    {
        float[] values = new float[count];
        _values.AsSpan(row * _size, Math.Min(count, _size)).CopyTo(values);
        return values;
    }
}
