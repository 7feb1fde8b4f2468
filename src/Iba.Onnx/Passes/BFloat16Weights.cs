using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>A graph's weights in bfloat16: each is cast once, when a tail first needs it. Tails on several threads share them.</summary>
/// <param name="graph">The graph.</param>
internal sealed class BFloat16Weights(Graph graph)
{
    private readonly Dictionary<string, Tensor> _weights = [];
    private int _weightChanges;

    /// <summary>A constant of the graph in bfloat16, in its own memory layout; not disposed by the caller.</summary>
    public Tensor Of(string name)
    {
        lock (_weights)
        {
            if (_weightChanges != graph.WeightChanges) Clear();
            _weightChanges = graph.WeightChanges;
            if (_weights.TryGetValue(name, out var known)) return known;
            using var differentiable = inference_mode(false);
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            return _weights[name] = graph.Constants[name].Tensor.to(bfloat16).DetachFromDisposeScope();
        }
    }

    /// <summary>Disposes them; those that are needed again are cast again.</summary>
    public void Clear()
    {
        lock (_weights)
        {
            foreach (var weight in _weights.Values) weight.Dispose();
            _weights.Clear();
        }
    }
}
