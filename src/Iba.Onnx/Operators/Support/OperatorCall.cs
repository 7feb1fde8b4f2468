using Iba.Onnx.Schema;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>One node being computed: its inputs, its attributes and the opset that gives them their meaning.</summary>
internal sealed class OperatorCall
{
    private readonly IReadOnlyList<OnnxValue?> _inputs;
    private readonly Func<GraphProto, IReadOnlyList<OnnxValue>, OnnxValue[]> _runSubgraph;

    /// <param name="node">The node.</param>
    /// <param name="opset">The version of the node's domain that the model imports.</param>
    /// <param name="inputs">The input values; null where an optional input is left out.</param>
    /// <param name="runSubgraph">Runs a graph attribute (If, Loop, Scan) with values for its inputs; outer names are visible to it.</param>
    public OperatorCall(
        NodeProto node, long opset, IReadOnlyList<OnnxValue?> inputs, Func<GraphProto, IReadOnlyList<OnnxValue>, OnnxValue[]> runSubgraph)
    {
        Node = node;
        Opset = opset;
        _inputs = inputs;
        _runSubgraph = runSubgraph;
    }

    public NodeProto Node { get; }

    public long Opset { get; }

    /// <summary>The number of inputs written in the node, left-out ones included.</summary>
    public int InputCount => _inputs.Count;

    /// <summary>The number of outputs written in the node, left-out ones included.</summary>
    public int OutputCount => Node.Output.Count;

    /// <summary>A required tensor input.</summary>
    public torch.Tensor this[int index] => Optional(index) ?? throw Error($"needs input {index}");

    /// <summary>A tensor input that may be left out.</summary>
    public torch.Tensor? Optional(int index) => Value(index) switch
    {
        null or NoValue => null,
        TensorValue value => value.Tensor,
        _ => throw Error($"input {index} is a sequence where a tensor is needed"),
    };

    /// <summary>An input of any kind; null where it is left out.</summary>
    public OnnxValue? Value(int index) => index < _inputs.Count ? _inputs[index] : null;

    /// <summary>A required sequence input.</summary>
    public IReadOnlyList<OnnxValue> Sequence(int index)
        => Value(index) is SequenceValue sequence ? sequence.Items : throw Error($"input {index} is no sequence");

    /// <summary>The ONNX element type of a tensor input; undefined where it is left out.</summary>
    public TensorProto.Types.DataType ElementType(int index) => (Value(index) as TensorValue)?.ElementType ?? default;

    /// <summary>The narrower ONNX type that a tensor input stands for; undefined where it is not stored wider.</summary>
    public TensorProto.Types.DataType WidenedFrom(int index) => (Value(index) as TensorValue)?.WidenedFrom ?? default;

    /// <summary>All inputs from one on, none of them left out.</summary>
    public OnnxValue[] Inputs(int first)
        => _inputs.Skip(first).Select((value, i) => value ?? throw Error($"needs input {first + i}")).ToArray();

    /// <summary>All tensor inputs, none of them left out.</summary>
    public torch.Tensor[] Tensors() => Enumerable.Range(0, _inputs.Count).Select(index => this[index]).ToArray();

    /// <summary>The values of an integer input, exactly (shapes, axes, starts, ...); null where it is left out.</summary>
    public long[]? Longs(int index)
    {
        if (Optional(index) is not { } tensor) return null;
        using var longs = tensor.to(torch.int64, torch.CPU).contiguous();
        return longs.data<long>().ToArray();
    }

    /// <summary>Whether an output is named in the node, so that somebody may read it.</summary>
    public bool WantsOutput(int index) => index < Node.Output.Count && Node.Output[index].Length > 0;

    public AttributeProto? Attribute(string name) => Node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    public bool Has(string name) => Attribute(name) != null;

    public long Int(string name, long otherwise) => Attribute(name)?.I ?? otherwise;

    public bool Flag(string name, bool otherwise = false) => Attribute(name) is { } attribute ? attribute.I != 0 : otherwise;

    public float Float(string name, float otherwise) => Attribute(name)?.F ?? otherwise;

    public string String(string name, string otherwise) => Attribute(name)?.S.ToStringUtf8() ?? otherwise;

    public long[]? Ints(string name) => Attribute(name)?.Ints.ToArray();

    public float[]? Floats(string name) => Attribute(name)?.Floats.ToArray();

    public GraphProto Subgraph(string name) => Attribute(name)?.G ?? throw Error($"needs attribute '{name}'");

    public OnnxValue[] Run(GraphProto subgraph, params IReadOnlyList<OnnxValue> inputs) => _runSubgraph(subgraph, inputs);

    /// <summary>The same node with other inputs: an operator that is computed by way of another one.</summary>
    public OperatorCall With(params IReadOnlyList<OnnxValue?> inputs) => new(Node, Opset, inputs, _runSubgraph);

    /// <summary>The same node with other inputs, in the meaning of another opset.</summary>
    public OperatorCall With(long opset, IReadOnlyList<OnnxValue?> inputs) => new(Node, opset, inputs, _runSubgraph);

    /// <summary>An axis counted from the front; fails where it lies outside <c>[-rank, rank)</c>.</summary>
    public int Axis(long axis, long rank)
        => axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : throw Error($"axis {axis} is outside [{-rank}, {rank - 1}]");

    /// <summary>
    /// The shape of an output whose size comes from values, not from inputs of that size (Expand, Tile, Range, ConstantOfShape,
    /// Pad, Resize, ...); fails where it is absurd, so that a small file cannot claim all memory.
    /// </summary>
    public long[] OutputShape(params long[] shape) => OperatorLimits.Check(this, shape);

    /// <summary>An error that says which node failed and why.</summary>
    public OnnxFormatException Error(string problem) => new(
        $"Node '{(Node.Name.Length > 0 ? Node.Name : Node.Output.FirstOrDefault(""))}' ({Node.OpType}, opset {Opset}): {problem}.");
}
