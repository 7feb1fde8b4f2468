using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// The values of one run of a graph. Counts who holds each tensor, since operators may hand an input on as their output.
/// </summary>
/// <param name="values">One slot for each name, filled for constants.</param>
/// <param name="constants">The tensors in it, which belong to the graph.</param>
internal sealed class Frame(OnnxValue?[] values, HashSet<torch.Tensor> constants)
{
    private const int Forever = int.MaxValue / 2;
    private readonly Dictionary<torch.Tensor, int> _holders = new(ReferenceEqualityComparer.Instance);

    public OnnxValue? this[int slot] => values[slot];

    /// <summary>Stores a value that belongs to the caller.</summary>
    public void Keep(int slot, OnnxValue value)
    {
        values[slot] = value;
        foreach (var tensor in OnnxValue.TensorsOf(value)) _holders[tensor] = Forever;
    }

    /// <summary>Stores a value that a node computed.</summary>
    public void Set(int slot, OnnxValue value)
    {
        values[slot] = value;
        if (value is TensorValue single) Hold(single.Tensor);
        else foreach (var tensor in OnnxValue.TensorsOf(value)) Hold(tensor);
    }

    /// <summary>Forgets a value, and disposes its tensors where nothing else holds them.</summary>
    public void Release(int slot)
    {
        var value = values[slot];
        values[slot] = null;
        if (value is TensorValue single) Release(single.Tensor);
        else if (value != null) foreach (var tensor in OnnxValue.TensorsOf(value)) Release(tensor);
    }

    private void Hold(torch.Tensor tensor)
    {
        if (!constants.Contains(tensor)) _holders[tensor] = _holders.GetValueOrDefault(tensor) + 1;
    }

    private void Release(torch.Tensor tensor)
    {
        if (constants.Contains(tensor)) return;
        int holders = _holders[tensor] - 1;
        _holders[tensor] = holders;
        if (holders > 0) return;
        _holders.Remove(tensor);
        tensor.Dispose();
    }
}
