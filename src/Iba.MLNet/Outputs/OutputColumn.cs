using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using VectorKind = Microsoft.ML.SchemaShape.Column.VectorKind;

namespace Iba.MLNet;

/// <summary>A column that the transformer adds.</summary>
internal sealed record OutputColumn(string Name, OutputColumnKind Kind)
{
    /// <summary>The option that names the column.</summary>
    public string OptionName => Kind switch
    {
        OutputColumnKind.Heatmap => "OutputColumnName",
        OutputColumnKind.IdentifiedFailure => "FailureColumnName",
        _ => $"{Kind}ColumnName",
    };

    /// <summary>What the estimator promises before anything is measured.</summary>
    /// <param name="varies">Whether rows may have different numbers of positions.</param>
    /// <param name="hasClassNames">Whether classes have names: score columns get slot names, keys values.</param>
    /// <param name="mapSize">The heat map's size, as far as it is known.</param>
    /// <param name="isStack">Whether several questions are asked of each row.</param>
    public SchemaShape.Column ToShape(bool varies, bool hasClassNames, IReadOnlyList<long> mapSize, bool isStack)
    {
        var vector = varies ? VectorKind.VariableVector : VectorKind.Vector;
        var scalar = isStack ? VectorKind.Vector : VectorKind.Scalar;
        return Kind switch
        {
            OutputColumnKind.Heatmap or OutputColumnKind.Deviation or OutputColumnKind.Capacity or OutputColumnKind.LayerSum or OutputColumnKind.LayerStack => new(Name, vector, NumberDataViewType.Single, false),
            OutputColumnKind.Degradation or OutputColumnKind.ProbabilityKept => new(Name, VectorKind.Scalar, NumberDataViewType.Single, false),
            OutputColumnKind.TotalBits or OutputColumnKind.TotalBitsDeviation => new(Name, scalar, NumberDataViewType.Single, false),
            OutputColumnKind.Target => new(Name, scalar, NumberDataViewType.Int32, false),
            OutputColumnKind.TargetBox => new(Name, VectorKind.Vector, NumberDataViewType.Single, false),
            OutputColumnKind.ScoresWithBottleneck when isStack => new(Name, VectorKind.Vector, NumberDataViewType.Single, false),
            OutputColumnKind.Failure or OutputColumnKind.IdentifiedFailure => new(Name, VectorKind.Scalar, TextDataViewType.Instance, false),
            OutputColumnKind.MapShape or OutputColumnKind.InputShape => new(Name, VectorKind.VariableVector, NumberDataViewType.Int32, false),
            OutputColumnKind.Overlay => new(Name, VectorKind.Scalar, ToImageType(mapSize), false),
            OutputColumnKind.Probability or OutputColumnKind.Score => new(Name, VectorKind.Scalar, NumberDataViewType.Single, false, Promise(hasClassNames)),
            OutputColumnKind.PredictedLabel => new(Name, VectorKind.Scalar, NumberDataViewType.UInt32, true, Promise(hasClassNames)),
            _ => new(Name, VectorKind.Vector, NumberDataViewType.Single, false, Promise(hasClassNames)),
        };
    }

    /// <summary>What the transformer delivers.</summary>
    public DataViewSchema.DetachedColumn ToColumn(OutputShapes shapes)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (ValueKind is { } kind)
        {
            AddText(AnnotationUtils.Kinds.ScoreColumnKind, IsBinary ? AnnotationUtils.Const.ScoreColumnKind.BinaryClassification : AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification);
            AddText(AnnotationUtils.Kinds.ScoreValueKind, kind);
        }

        if (NameKind is { } names && shapes.ClassNames is { } classes && !(Kind == OutputColumnKind.ScoresWithBottleneck && shapes.Questions != null))
        {
            annotations.Add(names, new VectorDataViewType(TextDataViewType.Instance, classes.Count), (ref VBuffer<ReadOnlyMemory<char>> value) =>
                value = new VBuffer<ReadOnlyMemory<char>>(classes.Count, classes.Select(name => name.AsMemory()).ToArray()));
        }

        return new(Name, ToType(shapes), annotations.ToAnnotations());

        void AddText(string annotation, string text) => annotations.Add(annotation, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = text.AsMemory());
    }

    /// <summary>What the values are to evaluators; null: nothing.</summary>
    private string? ValueKind => Kind switch
    {
        OutputColumnKind.Scores or OutputColumnKind.Probability => AnnotationUtils.Const.ScoreValueKind.Probability,
        OutputColumnKind.Score => AnnotationUtils.Const.ScoreValueKind.Score,
        OutputColumnKind.PredictedLabel => AnnotationUtils.Const.ScoreValueKind.PredictedLabel,
        _ => null,
    };

    private bool IsBinary => Kind is OutputColumnKind.Probability or OutputColumnKind.Score;

    /// <summary>The annotation that holds the names of the classes; null: none.</summary>
    private string? NameKind => Kind switch
    {
        OutputColumnKind.Scores or OutputColumnKind.ScoresWithBottleneck => AnnotationUtils.Kinds.SlotNames,
        OutputColumnKind.PredictedLabel => AnnotationUtils.Kinds.KeyValues,
        _ => null,
    };

    private SchemaShape? Promise(bool hasClassNames)
    {
        var annotations = new List<SchemaShape.Column>();
        if (ValueKind != null)
        {
            annotations.Add(new(AnnotationUtils.Kinds.ScoreColumnKind, VectorKind.Scalar, TextDataViewType.Instance, false));
            annotations.Add(new(AnnotationUtils.Kinds.ScoreValueKind, VectorKind.Scalar, TextDataViewType.Instance, false));
        }

        if (NameKind is { } names && hasClassNames) annotations.Add(new(names, VectorKind.Vector, TextDataViewType.Instance, false));
        return annotations.Count == 0 ? null : new SchemaShape(annotations);
    }

    private DataViewType ToType(OutputShapes shapes) => Kind switch
    {
        OutputColumnKind.Heatmap or OutputColumnKind.Deviation or OutputColumnKind.LayerSum => Vector(shapes.Stacked([.. shapes.MapSize])),
        OutputColumnKind.LayerStack => Vector([shapes.Layers, .. shapes.Stacked([.. shapes.MapSize])]),
        OutputColumnKind.TotalBits or OutputColumnKind.TotalBitsDeviation or OutputColumnKind.Target when shapes.Questions is { } questions
            => new VectorDataViewType(Kind == OutputColumnKind.Target ? NumberDataViewType.Int32 : NumberDataViewType.Single, questions),
        OutputColumnKind.TargetBox => Vector(shapes.Stacked(4)),
        OutputColumnKind.ScoresWithBottleneck => Vector(shapes.Stacked(shapes.ClassCount)),
        OutputColumnKind.TotalBits or OutputColumnKind.TotalBitsDeviation or OutputColumnKind.Degradation or OutputColumnKind.ProbabilityKept => NumberDataViewType.Single,
        OutputColumnKind.Probability or OutputColumnKind.Score => NumberDataViewType.Single,
        OutputColumnKind.PredictedLabel => new KeyDataViewType(typeof(uint), shapes.ClassCount),
        OutputColumnKind.Target => NumberDataViewType.Int32,
        OutputColumnKind.Failure or OutputColumnKind.IdentifiedFailure => TextDataViewType.Instance,
        OutputColumnKind.MapShape or OutputColumnKind.InputShape => new VectorDataViewType(NumberDataViewType.Int32),
        OutputColumnKind.Capacity => Vector(shapes.Stacked([.. shapes.FeatureShape])),
        OutputColumnKind.Overlay => ToImageType(shapes.MapSize),
        _ => new VectorDataViewType(NumberDataViewType.Single, shapes.ClassCount),
    };

    private static VectorDataViewType Vector(IReadOnlyList<long> shape) => shape.Contains(-1)
        ? new VectorDataViewType(NumberDataViewType.Single)
        : new VectorDataViewType(NumberDataViewType.Single, shape.Select(size => (int)size).ToArray());

    private static ImageDataViewType ToImageType(IReadOnlyList<long> mapSize) => mapSize is [> 0 and var height, > 0 and var width]
        ? new ImageDataViewType((int)height, (int)width)
        : new ImageDataViewType();
}
