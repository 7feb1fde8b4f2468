using Iba.Onnx.Schema;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Runs a graph again and again: bounds the iterations, and frees the values of one once the next has used them.</summary>
internal sealed class IteratedBody : IDisposable
{
    // Loops inside loops share one budget; a graph runs on one thread.
    [ThreadStatic]
    private static int _depth;

    [ThreadStatic]
    private static int _iterations;

    private readonly OperatorCall _call;
    private readonly GraphProto _body;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly HashSet<Tensor> _collected = new(ReferenceEqualityComparer.Instance);
    private long _collectedElements;

    public IteratedBody(OperatorCall call, GraphProto body)
    {
        _call = call;
        _body = body;
        if (_depth++ == 0) _iterations = 0;
    }

    /// <summary>Runs one iteration.</summary>
    /// <exception cref="OnnxFormatException">There were too many.</exception>
    public OnnxValue[] Run(params IReadOnlyList<OnnxValue> inputs)
    {
        if (++_iterations > OperatorLimits.MostIterations)
        {
            throw _call.Error($"does not end within {OperatorLimits.MostIterations} iterations (those of loops inside it included)");
        }
        var outputs = _call.Run(_body, inputs);
        return outputs.Length == _body.Output.Count ? outputs : throw _call.Error("has a body that leaves outputs out");
    }

    /// <summary>Marks outputs that are part of the result, which are not freed.</summary>
    public void Collect(ReadOnlySpan<OnnxValue> outputs)
    {
        foreach (var output in outputs)
        {
            foreach (var tensor in OnnxValue.TensorsOf(output).Where(_collected.Add)) Count(tensor.numel());
        }
    }

    private void Count(long elements)
    {
        if (_call.Budget is not { } budget) return;
        budget.Held += elements;
        _collectedElements += elements;
        if (budget.Exceeds(0)) throw budget.Error(_call, "collects results of its iterations");
    }

    /// <summary>Frees what earlier iterations made and neither the next one's states nor the result hold.</summary>
    public void Free(IEnumerable<OnnxValue> old, IEnumerable<OnnxValue> states)
    {
        var held = states.SelectMany(OnnxValue.TensorsOf).ToHashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var tensor in old.SelectMany(OnnxValue.TensorsOf))
        {
            // Others belong to the graph around.
            if (_scope.Contains(tensor) && !held.Contains(tensor) && !_collected.Contains(tensor)) tensor.Dispose();
        }
    }

    /// <summary>Hands the results on to the caller.</summary>
    public OnnxValue[] Finish(OnnxValue[] outputs)
    {
        foreach (var tensor in outputs.SelectMany(OnnxValue.TensorsOf)) _scope.MoveToOuter(tensor);
        return outputs;
    }

    public void Dispose()
    {
        _depth--;
        if (_call.Budget is { } budget) budget.Held -= _collectedElements;
        _scope.Dispose();
    }
}
