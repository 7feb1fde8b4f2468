using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What is asked of an <see cref="AttributionMethod"/> for N rows.</summary>
public sealed class AttributionRequest
{
    /// <summary>What is explained of each row. Default <see cref="ExplanationTarget.PredictedClass"/>.</summary>
    public ExplanationTarget Target { get; init; } = ExplanationTarget.PredictedClass;

    /// <summary>int64 <c>[N]</c>: the rows' classes, for <see cref="ExplanationTarget.Label"/>; counted from 0. Null (default): there are none.</summary>
    public Tensor? Labels { get; init; }

    /// <summary>
    /// What rows bring for the target, by the names of <see cref="ExplanationTarget.ColumnNames"/>: int64 <c>[N]</c> where it holds classes, else float
    /// <c>[N, values]</c>. Null (default): nothing.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor>? Columns { get; init; }

    /// <summary>
    /// bool <c>[N, positions...]</c>: which positions of the features exist; padding gets 0. Null (default): all.
    /// </summary>
    public Tensor? Mask { get; init; }

    /// <summary>
    /// The dimension of the channels in the features: 1 for <c>[N, C, H, W]</c>, <c>[N, C, L]</c> and <c>[N, C]</c>, 2 for
    /// <c>[N, T, D]</c>, 3 for <c>[N, H, W, C]</c>; 0: there are none, every other dimension counts positions. Default 1.
    /// </summary>
    public int ChannelDimension { get; init; } = 1;

    /// <summary>
    /// The size of the explained input, <c>[H, W]</c> or <c>[L]</c>: features <c>[N, T, D]</c> over an input <c>[H, W]</c> are the fields
    /// of a grid, row by row. Empty (default): not known, positions stay as they are.
    /// </summary>
    public IReadOnlyList<long> InputSize { get; init; } = [];

    /// <summary>What the network's outputs are. Default <see cref="OutputKind.Auto"/>: what the network says, else what its values show.</summary>
    public OutputKind Output { get; init; } = OutputKind.Auto;

    /// <summary>Where and how the rows are computed. Default: together, on one thread.</summary>
    public ExecutionOptions Execution { get; init; } = new();

    /// <summary>The same of some of the rows.</summary>
    internal AttributionRequest Narrow(long start, long count) => new()
    {
        Target = Target,
        Labels = Labels?.narrow(0, start, count),
        Columns = Columns?.ToDictionary(column => column.Key, column => column.Value.narrow(0, start, count)),
        Mask = Mask?.narrow(0, start, count),
        ChannelDimension = ChannelDimension,
        InputSize = InputSize,
        Output = Output,
        Execution = Execution,
    };

    /// <summary>The same at another layer.</summary>
    internal AttributionRequest At(int channelDimension, Tensor? mask) => new()
    {
        Target = Target,
        Labels = Labels,
        Columns = Columns,
        Mask = mask,
        ChannelDimension = channelDimension,
        InputSize = InputSize,
        Output = Output,
        Execution = Execution,
    };

    /// <summary>The same about another target.</summary>
    internal AttributionRequest With(ExplanationTarget target) => new()
    {
        Target = target,
        Labels = Labels,
        Columns = Columns,
        Mask = Mask,
        ChannelDimension = ChannelDimension,
        InputSize = InputSize,
        Output = Output,
        Execution = Execution,
    };

    /// <summary>What rows lack that the target needs, as a sentence; null: nothing.</summary>
    /// <param name="rows">The number of rows.</param>
    internal string? TargetObjection(long rows)
    {
        if (Labels is null && Target.NeedsLabels) return $"Target '{Target}' needs {nameof(Labels)}, int64 [{rows}].";
        if (Labels is { } labels && (labels.dtype != ScalarType.Int64 || labels.dim() != 1 || labels.shape[0] != rows))
        {
            return $"{nameof(Labels)} are {labels.dtype} {Shapes.Format(labels.shape)}; expected Int64 [{rows}].";
        }

        foreach (var (name, isClass, count) in Target.Columns)
        {
            string expected = isClass ? $"Int64 [{rows}]" : $"floating point numbers [{rows}, {(count > 0 ? count : "values")}]";
            if (Columns is null || !Columns.TryGetValue(name, out var values)) return $"Target '{Target}' needs {nameof(Columns)}[\"{name}\"], {expected}.";
            bool fits = values.dim() == (isClass ? 1 : 2) && values.shape[0] == rows && (count == 0 || values.shape[1] == count)
                && (isClass ? values.dtype == ScalarType.Int64 : values.is_floating_point() && values.shape[1] > 0);
            if (!fits) return $"{nameof(Columns)}[\"{name}\"] is {values.dtype} {Shapes.Format(values.shape)}; expected {expected}.";
        }

        return null;
    }
}
