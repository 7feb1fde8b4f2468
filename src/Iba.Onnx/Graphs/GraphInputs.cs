using Iba.Onnx.Schema;
using Iba.Torch;
using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>What a graph declares about its inputs, and whether given shapes agree with it.</summary>
internal static class GraphInputs
{
    /// <summary>The input as users see it: any batch size, open dimensions as -1.</summary>
    /// <exception cref="OnnxFormatException">It is no tensor, or of a type that is not supported.</exception>
    public static NetworkInput Describe(ValueInfoProto input, torch.ScalarType? precision)
    {
        if (input.Type?.TensorType is not { } tensor) throw new OnnxFormatException($"The input '{input.Name}' is no tensor.");
        var type = ElementTypes.Storage((DataType)tensor.ElemType)
            ?? throw new OnnxFormatException($"The input '{input.Name}' has element type {(DataType)tensor.ElemType}, which is not supported.");
        long[] sizes = tensor.Shape?.Dim.Select(Size).ToArray() ?? [-1];
        if (sizes.Length == 0) throw new OnnxFormatException($"The input '{input.Name}' is a single number: it has no batch dimension.");
        return new NetworkInput(input.Name, torch.is_floating_point(type) && precision is { } wanted ? wanted : type, [-1, .. sizes[1..]]);
    }

    /// <summary>The batch size that the graph declares; null where it is open.</summary>
    public static long? DeclaredBatch(ValueInfoProto input)
        => input.Type.TensorType.Shape?.Dim.FirstOrDefault() is { } batch && Size(batch) > 0 ? Size(batch) : null;

    /// <summary>Checks that there is a shape for each input, that the sizes are those that the network declares, and that all have the same batch.</summary>
    /// <exception cref="ArgumentException">They do not agree.</exception>
    public static void CheckShapes(IReadOnlyList<NetworkInput> inputs, IReadOnlyList<long>[] inputShapes)
    {
        if (inputShapes.Length != inputs.Count)
        {
            throw new ArgumentException(
                $"The network has {inputs.Count} inputs ({string.Join(", ", inputs.Select(input => $"'{input.Name}'"))}), but {inputShapes.Length} are given.",
                nameof(inputShapes));
        }

        foreach (var (input, shape) in inputs.Zip(inputShapes))
        {
            // A file may leave the shape out: then any will do.
            bool open = input.Shape is [-1];
            if (shape.Count == 0 || shape[0] < 1 || (!open && (shape.Count != input.Shape.Count || input.Shape.Zip(shape).Any(pair => pair.First >= 0 && pair.First != pair.Second))))
            {
                throw new ArgumentException(
                    $"The input '{input.Name}' takes shape {Shapes.Format(input.Shape)} (-1: any size), but {Shapes.Format(shape)} is given.",
                    nameof(inputShapes));
            }

            if (shape[0] != inputShapes[0][0])
            {
                throw new ArgumentException(
                    $"The input '{input.Name}' has {shape[0]} rows, but '{inputs[0].Name}' has {inputShapes[0][0]}.", nameof(inputShapes));
            }
        }
    }

    private static long Size(TensorShapeProto.Types.Dimension dimension)
        => dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && dimension.DimValue >= 0 ? dimension.DimValue : -1;
}
