using Iba.Onnx.Operators;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>The values of one run of a graph. Counts who holds each tensor, since operators may hand an input on as their output.</summary>
internal sealed class Frame(int slots)
{
    private readonly OnnxValue?[] _values = new OnnxValue?[slots];
    private readonly Dictionary<torch.Tensor, int> _holders = new(ReferenceEqualityComparer.Instance);

    public OnnxValue? this[int slot] => _values[slot];

    /// <summary>Stores a value that belongs to somebody else: weights, inputs.</summary>
    public void Keep(int slot, OnnxValue value)
    {
        _values[slot] = value;
        foreach (var tensor in TensorsOf(value)) _holders[tensor] = int.MaxValue / 2;
    }

    /// <summary>Stores a value that a node computed.</summary>
    public void Set(int slot, OnnxValue value)
    {
        _values[slot] = value;
        foreach (var tensor in TensorsOf(value)) _holders[tensor] = _holders.GetValueOrDefault(tensor) + 1;
    }

    /// <summary>Forgets a value, and disposes its tensors where nothing else holds them.</summary>
    public void Release(int slot)
    {
        if (_values[slot] is not { } value) return;
        _values[slot] = null;
        foreach (var tensor in TensorsOf(value))
        {
            int holders = _holders[tensor] - 1;
            _holders[tensor] = holders;
            if (holders > 0) continue;
            _holders.Remove(tensor);
            tensor.Dispose();
        }
    }

    public static IEnumerable<torch.Tensor> TensorsOf(OnnxValue value) => value switch
    {
        TensorValue tensor => [tensor.Tensor],
        SequenceValue sequence => sequence.Items.SelectMany(TensorsOf),
        _ => [],
    };
}
