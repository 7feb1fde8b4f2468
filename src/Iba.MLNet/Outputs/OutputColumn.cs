using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using VectorKind = Microsoft.ML.SchemaShape.Column.VectorKind;

namespace Iba.MLNet;

/// <summary>A column that the transformer adds.</summary>
internal sealed record OutputColumn(string Name, OutputColumnKind Kind)
{
    /// <summary>The option that names the column.</summary>
    public string OptionName => Kind == OutputColumnKind.Heatmap ? "OutputColumnName" : $"{Kind}ColumnName";

    /// <summary>What the estimator promises before anything is measured.</summary>
    /// <param name="varies">Whether rows may have different numbers of positions.</param>
    /// <param name="hasClassNames">Whether the score columns get slot names.</param>
    /// <param name="mapSize">The heat map's size, as far as it is known.</param>
    public SchemaShape.Column ToShape(bool varies, bool hasClassNames, IReadOnlyList<long> mapSize)
    {
        var vector = varies ? VectorKind.VariableVector : VectorKind.Vector;
        return Kind switch
        {
            OutputColumnKind.Heatmap or OutputColumnKind.Capacity => new(Name, vector, NumberDataViewType.Single, false),
            OutputColumnKind.TotalBits => new(Name, VectorKind.Scalar, NumberDataViewType.Single, false),
            OutputColumnKind.Target => new(Name, VectorKind.Scalar, NumberDataViewType.Int32, false),
            OutputColumnKind.Overlay => new(Name, VectorKind.Scalar, ToImageType(mapSize), false),
            _ => new(Name, VectorKind.Vector, NumberDataViewType.Single, false, hasClassNames ? SlotNames : null),
        };
    }

    /// <summary>What the transformer delivers.</summary>
    public DataViewSchema.DetachedColumn ToColumn(OutputShapes shapes)
    {
        if (Kind is OutputColumnKind.Scores or OutputColumnKind.ScoresWithBottleneck && shapes.ClassNames is { } names)
        {
            var annotations = new DataViewSchema.Annotations.Builder();
            annotations.AddSlotNames(shapes.ClassCount, (ref VBuffer<ReadOnlyMemory<char>> value) =>
                value = new VBuffer<ReadOnlyMemory<char>>(names.Count, names.Select(name => name.AsMemory()).ToArray()));
            return new(Name, ToType(shapes), annotations.ToAnnotations());
        }

        return new(Name, ToType(shapes));
    }

    private DataViewType ToType(OutputShapes shapes) => Kind switch
    {
        OutputColumnKind.Heatmap => Vector(shapes.MapSize),
        OutputColumnKind.TotalBits => NumberDataViewType.Single,
        OutputColumnKind.Target => NumberDataViewType.Int32,
        OutputColumnKind.Capacity => Vector(shapes.FeatureShape),
        OutputColumnKind.Overlay => ToImageType(shapes.MapSize),
        _ => new VectorDataViewType(NumberDataViewType.Single, shapes.ClassCount),
    };

    private static VectorDataViewType Vector(IReadOnlyList<long> shape) => shape.Contains(-1)
        ? new VectorDataViewType(NumberDataViewType.Single)
        : new VectorDataViewType(NumberDataViewType.Single, shape.Select(size => (int)size).ToArray());

    private static ImageDataViewType ToImageType(IReadOnlyList<long> mapSize) => mapSize is [> 0 and var height, > 0 and var width]
        ? new ImageDataViewType((int)height, (int)width)
        : new ImageDataViewType();

    private static SchemaShape SlotNames
        => new([new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, VectorKind.Vector, TextDataViewType.Instance, false)]);
}
