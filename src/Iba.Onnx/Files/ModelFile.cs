using Google.Protobuf;
using Iba.Onnx.Schema;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>
/// A model as it was read, kept to be written again. Large weights are taken out of the message and held once, as tensors that the
/// graph computes with.
/// </summary>
internal sealed class ModelFile : IDisposable
{
    private const int LargeInBytes = 1024;
    private const string PrecisionKey = "iba.precision";
    private const string OutputKey = "iba.output";

    private ModelFile(ModelProto model, Dictionary<string, TensorValue> weights)
    {
        Model = model;
        Weights = weights;
    }

    /// <summary>The message, without its large weights.</summary>
    public ModelProto Model { get; }

    /// <summary>The large weights by name.</summary>
    public Dictionary<string, TensorValue> Weights { get; }

    /// <summary>The floating point type that the model was computed in when it was written by <see cref="Write"/>; null: that of the file.</summary>
    public ScalarType? SavedPrecision => Model.MetadataProps.FirstOrDefault(entry => entry.Key == PrecisionKey)?.Value switch
    {
        nameof(ScalarType.Float32) => ScalarType.Float32,
        nameof(ScalarType.Float64) => ScalarType.Float64,
        _ => null,
    };

    /// <summary>The output that was taken as it is when the model was written by <see cref="Write"/>; null: class scores were.</summary>
    public string? SavedOutput => Model.MetadataProps.FirstOrDefault(entry => entry.Key == OutputKey)?.Value;

    /// <param name="stream">The file.</param>
    /// <param name="path">Where it lies, by which external data are found; null where it came as a stream.</param>
    /// <param name="limits">The limits.</param>
    /// <exception cref="OnnxFormatException">It is no ONNX file, or it is damaged.</exception>
    public static ModelFile Read(Stream stream, string? path, FileLimits limits)
    {
        var weights = new Dictionary<string, TensorValue>();
        try
        {
            var file = new ModelFile(ReadMessage(stream, path, weights, limits), weights);
            file.TakeWeights(path == null ? null : new ExternalData(path));
            return file;
        }
        catch
        {
            foreach (var weight in weights.Values) weight.Tensor.Dispose();
            throw;
        }
    }

    /// <summary>Writes the model with all its weights.</summary>
    /// <param name="stream">Where to write; left open.</param>
    /// <param name="output">The name of a tensor that becomes the only output; null for the outputs as they are.</param>
    /// <param name="precision">What the model is computed in; null: what the file says.</param>
    /// <param name="asItIs">Whether that output is taken as it is.</param>
    /// <exception cref="NotSupportedException">The model is larger than the 2 GiB that the format allows.</exception>
    public void Write(Stream stream, string? output, ScalarType? precision, bool asItIs = false)
    {
        long weights = Weights.Values.Sum(weight => weight.Tensor.numel() * weight.Tensor.ElementSize);
        if (weights + Model.CalculateSize() > int.MaxValue)
        {
            throw new NotSupportedException($"The model has {weights} bytes of weights; a model in one file cannot be larger than {int.MaxValue}.");
        }

        var model = Model.Clone();
        if (precision is { } type && SavedPrecision != type) Note(PrecisionKey, type.ToString());
        if (asItIs && SavedOutput != output) Note(OutputKey, output!);

        if (output != null)
        {
            var declared = model.Graph.Output.Concat(model.Graph.ValueInfo).FirstOrDefault(value => value.Name == output) ?? new ValueInfoProto { Name = output };
            model.Graph.Output.Clear();
            model.Graph.Output.Add(declared);
        }

        foreach (var initializer in model.Graph.Initializer) PutBack(initializer, initializer.Name);
        foreach (var node in model.Graph.Node)
        {
            if (ConstantNode.Value(node) is { } value) PutBack(value, node.Output[0]);
        }

        model.WriteTo(stream);

        void Note(string key, string value)
        {
            if (model.MetadataProps.FirstOrDefault(entry => entry.Key == key) is { } old) model.MetadataProps.Remove(old);
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }

        void PutBack(TensorProto proto, string name)
        {
            if (!Weights.TryGetValue(name, out var weight)) return;
            using var plain = weight.Tensor.contiguous();
            proto.RawData = ByteString.CopyFrom(plain.bytes);
        }
    }

    /// <summary>Takes an initializer out of the model; nothing where it is null.</summary>
    public void Remove(TensorProto? initializer)
    {
        if (initializer == null) return;
        Model.Graph.Initializer.Remove(initializer);
        if (Weights.Remove(initializer.Name, out var weight)) weight.Tensor.Dispose();
    }

    public void Dispose()
    {
        foreach (var weight in Weights.Values) weight.Tensor.Dispose();
    }

    private static ModelProto ReadMessage(Stream stream, string? path, Dictionary<string, TensorValue> weights, FileLimits limits)
    {
        string name = path == null ? "The stream" : $"'{path}'";
        var extraction = new WeightExtraction(new BufferedStream(stream, 1 << 16), weights, limits);
        try
        {
            var model = extraction.Read();
            if (model.Graph == null) throw new OnnxFormatException($"{name} holds no graph: it is no ONNX model.");
            OperatorSets.CheckFormat(model.IrVersion);
            return model;
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or OnnxFormatException)
        {
            if (ForeignFile.Recognise(extraction.FirstBytes()) is { } kind) throw new OnnxFormatException($"{name} is {kind}", exception);
            if (exception is OnnxFormatException) throw;
            throw new OnnxFormatException($"{name} is no ONNX file, or it is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>Takes the weights that the extraction leaves: those in other files and those in typed fields.</summary>
    private void TakeWeights(ExternalData? external)
    {
        foreach (var initializer in Model.Graph.Initializer)
        {
            external?.BringIn(initializer, Weights);
            if (initializer.DataType == (int)TensorProto.Types.DataType.String || initializer.CalculateSize() < LargeInBytes || Weights.ContainsKey(initializer.Name)) continue;
            var weight = TensorReader.ReadValue(initializer, "initializer");
            if (weight.WidenedFrom != TensorProto.Types.DataType.Undefined)
            {
                weight.Tensor.Dispose();
                continue;
            }

            Weights.Add(initializer.Name, weight);
            weight.Tensor.DetachFromDisposeScope();
            initializer.RawData = ByteString.Empty;
            initializer.FloatData.Clear();
            initializer.Int32Data.Clear();
            initializer.Int64Data.Clear();
            initializer.DoubleData.Clear();
            initializer.Uint64Data.Clear();
        }
    }
}
