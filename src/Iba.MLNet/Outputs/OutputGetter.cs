using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Gives an explanation's parts as column values; a null explanation as missing values.</summary>
internal static class OutputGetter
{
    private const double SmallestProbability = 1e-30;

    /// <param name="shapes">The sizes of the columns.</param>
    /// <param name="kind">What the column holds.</param>
    /// <param name="method">Which method's map is given, where there are several: 0 is the first.</param>
    /// <param name="explanation">Gives the current row's explanation.</param>
    /// <param name="failure">Says why the current row has none; empty where it has.</param>
    public static Delegate Create(OutputShapes shapes, OutputColumnKind kind, int method, Func<RowExplanation?> explanation, Func<string> failure) => kind switch
    {
        OutputColumnKind.Heatmap => Vector(shapes.Stacked([.. shapes.MapSize]), () => explanation()?.Map(method)),
        OutputColumnKind.LayerSum => Vector(shapes.Stacked([.. shapes.MapSize]), () => explanation()?.LayerSum),
        OutputColumnKind.LayerStack => Vector([shapes.Layers, .. shapes.Stacked([.. shapes.MapSize])], () => explanation()?.LayerStack),
        OutputColumnKind.TotalBits when shapes.Questions is { } questions => Vector([questions], () => explanation()?.Totals),
        OutputColumnKind.TotalBits => Scalar(() => explanation()?.Totals[0] ?? float.NaN),
        OutputColumnKind.Target when shapes.Questions is { } questions => Integers(() => explanation()?.Targets ?? Enumerable.Repeat(-1, questions)),
        OutputColumnKind.Target => Scalar(() => explanation()?.Targets[0] ?? -1),
        OutputColumnKind.TargetBox => Vector(shapes.Stacked(4), () => explanation()?.Boxes),
        OutputColumnKind.Degradation => Scalar(() => explanation()?.Degradation ?? float.NaN),
        OutputColumnKind.ProbabilityKept => Scalar(() => explanation()?.ProbabilityKept ?? float.NaN),
        OutputColumnKind.Scores => Vector([shapes.ClassCount], () => explanation()?.Scores),
        OutputColumnKind.ScoresWithBottleneck => Vector(shapes.Stacked(shapes.ClassCount), () => explanation()?.ScoresWithBottleneck),
        OutputColumnKind.Capacity => Vector(shapes.Stacked([.. shapes.FeatureShape]), () => explanation()?.Capacity),
        OutputColumnKind.Probability => Scalar(() => explanation()?.Scores[1] ?? float.NaN),
        OutputColumnKind.Score => Scalar(() => explanation() is { Scores: [var first, var second] } ? LogOdds(first, second) : float.NaN),
        OutputColumnKind.PredictedLabel => Scalar(() => explanation()?.Scores is { } scores ? (uint)Array.IndexOf(scores, scores.Max()) + 1 : 0),
        OutputColumnKind.Deviation => Vector(shapes.Stacked([.. shapes.MapSize]), () => explanation()?.Deviation),
        OutputColumnKind.TotalBitsDeviation when shapes.Questions is { } questions => Vector([questions], () => explanation()?.TotalDeviations),
        OutputColumnKind.TotalBitsDeviation => Scalar(() => explanation()?.TotalDeviations[0] ?? float.NaN),
        OutputColumnKind.Failure or OutputColumnKind.IdentifiedFailure => Scalar(() => failure().AsMemory()),
        OutputColumnKind.MapShape => Integers(() => explanation() is { } found ? shapes.Stacked([.. found.MapSize]).Select(size => (int)size) : []),
        OutputColumnKind.InputShape => Integers(() => explanation()?.InputSize.Select(size => (int)size) ?? []),
        _ => Image(explanation),
    };

    // Where one of two probabilities is rounded to 1, the other still tells how sure the network is.
    private static float LogOdds(float first, float second)
        => (float)(Math.Log(Math.Max(second, SmallestProbability)) - Math.Log(Math.Max(first, SmallestProbability)));

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

    private static ValueGetter<VBuffer<int>> Integers(Func<IEnumerable<int>> get) => (ref VBuffer<int> value) =>
    {
        int[] numbers = [.. get()];
        value = new VBuffer<int>(numbers.Length, numbers);
    };

    // As ML.NET's own image columns do it: the value handed in is replaced and disposed, the new one is the reader's.
    private static ValueGetter<MLImage> Image(Func<RowExplanation?> get) => (ref MLImage value) =>
    {
        var explanation = get();
        value?.Dispose();
        value = explanation?.Picture is { } picture ? OverlayImage.Draw(picture, explanation.FirstMap) : null!;
    };
}
