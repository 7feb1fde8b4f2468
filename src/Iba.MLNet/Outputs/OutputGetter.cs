using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Gives an explanation's parts as column values; a null explanation as missing values.</summary>
internal static class OutputGetter
{
    public static Delegate Create(OutputShapes shapes, OutputColumnKind kind, Func<RowExplanation?> explanation) => kind switch
    {
        OutputColumnKind.Heatmap => Vector(shapes.MapSize, () => explanation()?.Heatmap),
        OutputColumnKind.TotalBits => Scalar(() => explanation()?.Total ?? float.NaN),
        OutputColumnKind.Target => Scalar(() => explanation()?.Target ?? -1),
        OutputColumnKind.Scores => Vector([shapes.ClassCount], () => explanation()?.Scores),
        OutputColumnKind.ScoresWithBottleneck => Vector([shapes.ClassCount], () => explanation()?.ScoresWithBottleneck),
        OutputColumnKind.Capacity => Vector(shapes.FeatureShape, () => explanation()?.Capacity),
        _ => Image(explanation),
    };

    private static ValueGetter<T> Scalar<T>(Func<T> get) => (ref T value) => value = get();

    private static ValueGetter<VBuffer<float>> Vector(IReadOnlyList<long> shape, Func<float[]?> get)
    {
        int size = shape.Contains(-1) ? 0 : (int)shape.Aggregate(1L, (product, length) => product * length);
        return (ref VBuffer<float> value) =>
        {
            float[]? values = get();
            var editor = VBufferEditor.Create(ref value, values?.Length ?? size);
            if (values == null) editor.Values.Fill(float.NaN);
            else values.CopyTo(editor.Values);
            value = editor.Commit();
        };
    }

    // As ML.NET's own image columns do it: the value handed in is replaced and disposed, the new one is the reader's.
    private static ValueGetter<MLImage> Image(Func<RowExplanation?> get) => (ref MLImage value) =>
    {
        var explanation = get();
        value?.Dispose();
        value = explanation?.Picture is { } picture ? OverlayImage.Draw(picture, explanation.Heatmap) : null!;
    };
}
