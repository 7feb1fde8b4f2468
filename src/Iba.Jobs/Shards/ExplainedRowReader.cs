using System.Diagnostics.CodeAnalysis;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Jobs;

/// <summary>Makes rows of the result of what the explainer adds to a cursor's rows.</summary>
internal sealed class ExplainedRowReader(DataViewRowCursor cursor, JobPlan plan)
{
    private readonly ValueGetter<ReadOnlyMemory<char>> _failure = Getter<ReadOnlyMemory<char>>(cursor, RowColumns.Failure);
    private readonly ValueGetter<int> _target = Getter<int>(cursor, RowColumns.Target);
    private readonly ValueGetter<VBuffer<float>> _scores = Getter<VBuffer<float>>(cursor, RowColumns.Scores);
    private readonly ValueGetter<VBuffer<float>> _scoresWithBottleneck = Getter<VBuffer<float>>(cursor, RowColumns.ScoresWithBottleneck);
    private readonly ValueGetter<float> _bits = Getter<float>(cursor, RowColumns.TotalBits);
    private readonly ValueGetter<VBuffer<int>> _mapShape = Getter<VBuffer<int>>(cursor, RowColumns.MapShape);
    private readonly ValueGetter<VBuffer<int>> _inputShape = Getter<VBuffer<int>>(cursor, RowColumns.InputShape);
    private readonly ValueGetter<VBuffer<float>> _heatmap = Getter<VBuffer<float>>(cursor, RowColumns.Heatmap);

    /// <summary>The next row.</summary>
    /// <param name="input">What it is called.</param>
    /// <param name="row">The row.</param>
    /// <returns>False: there is none.</returns>
    public bool TryRead(JobInput input, [NotNullWhen(true)] out JobRow? row)
    {
        row = cursor.MoveNext() ? Read(input) : null;
        return row != null;
    }

    private JobRow Read(JobInput input)
    {
        string failure = Value(_failure).ToString();
        if (failure.Length > 0) return JobRow.Failed(input, failure);
        int target = Value(_target);
        float[] scores = Values(_scores), kept = Values(_scoresWithBottleneck);
        return new JobRow
        {
            Row = input.Row,
            Uri = input.Uri,
            Target = target,
            TargetName = target < plan.ClassNames.Count ? plan.ClassNames[target] : null,
            Predicted = Array.IndexOf(scores, scores.Max()),
            Probability = scores[target],
            ProbabilityWithBottleneck = float.IsNaN(kept[target]) ? null : kept[target],
            Bits = plan.Unit == nameof(MapUnit.Bits) ? Value(_bits) : null,
            MapShape = Values(_mapShape),
            InputShape = Values(_inputShape),
            Heatmap = Values(_heatmap),
        };
    }

    private static ValueGetter<T> Getter<T>(DataViewRow cursor, string column) => cursor.GetGetter<T>(cursor.Schema[column]);

    private static T Value<T>(ValueGetter<T> getter)
    {
        T value = default!;
        getter(ref value);
        return value;
    }

    private static T[] Values<T>(ValueGetter<VBuffer<T>> getter) => [.. Value(getter).DenseValues()];
}
