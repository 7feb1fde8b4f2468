using Google.Protobuf;
using Iba.Onnx;
using Iba.Onnx.Schema;

namespace Iba.MLNet;

/// <summary>The network of an ApplyOnnxModel step in its place in a chain.</summary>
internal sealed class NetworkPart
{
    private readonly Lazy<ModelProto> _model;

    /// <param name="step">The step.</param>
    /// <param name="sources">What its inputs read, in their order.</param>
    public NetworkPart(OnnxStep step, IReadOnlyList<ChainTensor> sources)
    {
        Step = step;
        Sources = sources;
        Outputs = step.Outputs.Select(output => new OutputTensor(this, output)).ToArray();
        _model = new Lazy<ModelProto>(Parse);
    }

    /// <summary>The step.</summary>
    public OnnxStep Step { get; }

    /// <summary>What the inputs read, in the step's order.</summary>
    public IReadOnlyList<ChainTensor> Sources { get; }

    /// <summary>The outputs that become columns.</summary>
    public IReadOnlyList<OutputTensor> Outputs { get; }

    /// <summary>The file; not to be changed.</summary>
    /// <exception cref="OnnxFormatException">It is damaged.</exception>
    public ModelProto Model => _model.Value;

    /// <summary>Whether the file alone is the network: columns feed it, in the shapes that it declares.</summary>
    public bool IsWholeFile => Sources.All(source => source is ColumnTensor) && Step.Shapes.Count == 0;

    /// <summary>The shape of an input or output, -1 where it is open; null where nothing says it.</summary>
    public IReadOnlyList<long>? ShapeOf(string name)
    {
        if (Step.Shapes.TryGetValue(name, out int[]? shape)) return shape.Select(size => size > 0 ? size : -1L).ToArray();
        return Declared(name)?.Type?.TensorType?.Shape?.Dim.Select(dimension => dimension.DimValue > 0 ? dimension.DimValue : -1).ToArray();
    }

    /// <summary>What the file declares about an input or output; null: nothing.</summary>
    public ValueInfoProto? Declared(string name) => Model.Graph.Input.Concat(Model.Graph.Output).FirstOrDefault(value => value.Name == name);

    private ModelProto Parse()
    {
        try
        {
            var model = ModelProto.Parser.ParseFrom(Step.File);
            return model.Graph != null ? model : throw new OnnxFormatException("The file of an ApplyOnnxModel step holds no graph.");
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new OnnxFormatException($"The file of an ApplyOnnxModel step is damaged: {failure.Message}", failure);
        }
    }
}
