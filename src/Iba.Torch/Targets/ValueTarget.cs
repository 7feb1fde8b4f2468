using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A number that the network gives.</summary>
internal sealed class ValueTarget : ExplanationTarget
{
    /// <summary>The tolerance in standard deviations of the output. It leaves log2 10 = 3.3 bits of a normal distribution, as much as one of ten classes.</summary>
    private const double ShareOfDeviation = 0.1;

    private readonly int _index;
    private readonly string? _name;
    private readonly double? _tolerance;

    /// <param name="index">Which output.</param>
    /// <param name="name">Its name, before it is resolved to an index; null: the index says it.</param>
    /// <param name="tolerance">The deviation that costs half a nat; null: to be measured.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative, or the tolerance not above 0.</exception>
    public ValueTarget(int index, string? name, double? tolerance)
        : base(TargetNames.Of(TargetNames.Value, name is null ? index : name, Checked(tolerance)))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (name is not null) ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (_index, _name, _tolerance) = (index, name, tolerance);
    }

    /// <inheritdoc/>
    internal override int LargestIndex => _name is null ? _index : -1;

    /// <inheritdoc/>
    internal override bool NeedsScale => _tolerance is null;

    /// <inheritdoc/>
    internal override ExplanationTarget WithScale(IReadOnlyList<double> deviations)
    {
        if (!NeedsScale) return this;
        double deviation = deviations[_index];
        if (deviation > 0 && double.IsFinite(deviation)) return new ValueTarget(_index, null, ShareOfDeviation * deviation);
        throw new ArgumentException(
            FormattableString.Invariant($"Output {_index} has a deviation of {deviation} over the measured rows, by which no tolerance can be told: give {nameof(Value)} one."), nameof(deviations));
    }

    /// <inheritdoc/>
    internal override ExplanationTarget WithNames(IReadOnlyList<string>? names)
    {
        if (_name is null) return this;
        int index = (names ?? []).ToList().IndexOf(_name);
        if (index >= 0) return new ValueTarget(index, null, _tolerance);
        string known = names is null ? "the network's outputs have no names: set ClassNames" : $"there are {string.Join(", ", names.Select(name => $"'{name}'"))}";
        throw new ArgumentException($"The network has no output named '{_name}'; {known}, or name the output by its number.", nameof(names));
    }

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row)
        => TargetShapes.IsVector(row) ? null : "it is about one of a few numbers for each row, [N, outputs]";

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
    {
        if (_name is not null)
        {
            throw new InvalidOperationException($"Target '{this}' names an output, and nothing says which one that is: give its number.");
        }

        var outputs = tail.Outputs(activation);
        TargetShapes.Check(this, outputs);
        var clean = outputs.flatten(1);
        return new Question(tail, activation, clean, full([clean.shape[0]], (long)_index, ScalarType.Int64, clean.device), _tolerance);
    }

    private static double? Checked(double? tolerance) => tolerance is not { } given || (given > 0 && double.IsFinite(given))
        ? tolerance
        : throw new ArgumentOutOfRangeException(nameof(tolerance), given, FormattableString.Invariant($"The tolerance is {given}; allowed: above 0, in the output's unit, or null."));

    private static Tensor Numbers(TailClassifier tail, Tensor features, Activation activation, TailMode mode)
        => tail.Outputs(features, activation, mode).flatten(2);

    private sealed class Question(TailClassifier tail, Activation activation, Tensor clean, Tensor asked, double? tolerance) : TargetQuestion(tail, activation)
    {
        /// <inheritdoc/>
        public override Tensor Clean => clean;

        /// <inheritdoc/>
        public override Tensor Asked => asked;

        /// <inheritdoc/>
        public override bool IsLogarithmic => false;

        /// <inheritdoc/>
        public override OutputKind Kind => OutputKind.Values;

        /// <inheritdoc/>
        public override Tensor Read(Tensor features, TailMode mode) => Numbers(Tail, features, Activation, mode);

        /// <inheritdoc/>
        public override Tensor Loss(Tensor reading, BottleneckLoss loss)
        {
            double scale = tolerance ?? throw new InvalidOperationException(
                $"Target {nameof(Value)} has no tolerance, which Fit of the bottleneck measures: give it one, in the unit of the output.");
            return ((Pick(reading, Targets) - clean.gather(1, Targets.unsqueeze(1))) / scale).square() / 2;
        }

        /// <inheritdoc/>
        public override Tensor Score(Tensor features, TailMode mode) => Pick(Numbers(Tail, features, Activation, mode), Targets);

        /// <inheritdoc/>
        public override string Missing(long asked) => $"its target {asked} is no output of the network (0 to {Width - 1})";
    }
}
