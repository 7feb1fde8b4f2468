using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorShapeProto.Types;

namespace Iba.Onnx;

/// <summary>What the declared shape of an output says about it.</summary>
internal static class OutputShape
{
    /// <summary>One score for each class: <c>[N, classes]</c>, also among dimensions of 1, or <c>[classes]</c> of a single row.</summary>
    public const int Scores = 0;

    /// <summary>The file leaves it open: only a run tells.</summary>
    public const int Open = 1;

    /// <summary>Several values for each class (places, boxes, heads), or one number for all rows.</summary>
    public const int Map = 2;

    /// <summary>The better a shape is for class scores, the lower.</summary>
    public static int Of(ValueInfoProto output)
    {
        if (output.Type?.TensorType?.Shape is not { } shape) return Open;
        if (shape.Dim.Count == 0) return Map;
        var behind = shape.Dim.Skip(1).ToArray();
        return behind.Count(IsMany) > 1 ? Map : behind.Count(dimension => !IsOne(dimension)) > 1 ? Open : Scores;
    }

    /// <summary>Whether one number for each row is declared.</summary>
    public static bool IsSingle(ValueInfoProto output)
        => output.Type?.TensorType?.Shape is { Dim.Count: > 0 } shape && (shape.Dim.Count == 1 ? !IsMany(shape.Dim[0]) : shape.Dim.Skip(1).All(IsOne));

    /// <summary>The number of classes; null where it is not declared.</summary>
    public static long? Classes(ValueInfoProto output)
    {
        if (Of(output) != Scores) return null;
        var dimensions = output.Type.TensorType.Shape.Dim;
        if (dimensions.Count == 1) return IsSingle(output) ? 1 : dimensions[0].DimValue;
        return dimensions.Skip(1).FirstOrDefault(dimension => !IsOne(dimension)) is { } classes ? (IsMany(classes) ? classes.DimValue : null) : 1;
    }

    /// <summary>The sizes, open ones by their names.</summary>
    public static IEnumerable<string> Sizes(ValueInfoProto output)
        => output.Type?.TensorType?.Shape?.Dim.Select(dimension => dimension.DimValue > 0 ? $"{dimension.DimValue}" : dimension.DimParam is { Length: > 0 } name ? name : "?") ?? [];

    private static bool IsOne(Dimension dimension) => dimension.DimValue == 1;

    private static bool IsMany(Dimension dimension) => dimension.DimValue > 1;
}
