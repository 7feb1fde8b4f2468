using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Why one class and not another.</summary>
internal sealed class ContrastTarget : ExplanationTarget
{
    private readonly (int Target, int Rival)? _classes;
    private readonly (string Target, string Rival)? _columns;

    /// <param name="target">The class that is explained.</param>
    /// <param name="rival">The other one.</param>
    /// <exception cref="ArgumentException">It is one class twice, or an index is negative.</exception>
    public ContrastTarget(int target, int rival)
        : base(TargetNames.Of(TargetNames.Contrast, target, rival))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(target);
        ArgumentOutOfRangeException.ThrowIfNegative(rival);
        if (target == rival) throw new ArgumentException($"Class {target} cannot be told from itself: name two classes.", nameof(rival));
        _classes = (target, rival);
    }

    /// <param name="targetColumn">The column of the class that is explained.</param>
    /// <param name="rivalColumn">That of the other one.</param>
    public ContrastTarget(string targetColumn, string rivalColumn)
        : base(TargetNames.Of(TargetNames.Contrast, targetColumn, rivalColumn))
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(targetColumn);
        ArgumentException.ThrowIfNullOrWhiteSpace(rivalColumn);
        if (targetColumn == rivalColumn) throw new ArgumentException($"Column '{targetColumn}' is named twice: name two columns.", nameof(rivalColumn));
        _columns = (targetColumn, rivalColumn);
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<TargetColumn> Columns
        => _columns is var (target, rival) ? [new(target, IsClass: true), new(rival, IsClass: true)] : [];

    /// <inheritdoc/>
    internal override bool IsOfClasses => true;

    /// <inheritdoc/>
    internal override int LargestIndex => _classes is var (target, rival) ? Math.Max(target, rival) : -1;

    /// <inheritdoc/>
    internal override ExplanationTarget WithoutColumns => _columns is null ? this : PredictedClass;

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row) => TargetShapes.NoClasses(row);

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
    {
        var clean = tail.LogProbabilities(activation);
        return new Question(tail, activation, clean, Classes(_classes?.Target, _columns?.Target), Classes(_classes?.Rival, _columns?.Rival));

        Tensor Classes(int? index, string? column)
            => column is null ? full([clean.shape[0]], (long)index!, ScalarType.Int64, clean.device) : Column(request, column, activation);
    }

    private sealed class Question(TailClassifier tail, Activation activation, Tensor clean, Tensor asked, Tensor rivals)
        : ClassQuestion(tail, activation, clean, asked)
    {
        private readonly Tensor _rivals = rivals.clamp(0, clean.shape[1] - 1);

        /// <inheritdoc/>
        public override bool IsOfOneClass => false;

        /// <inheritdoc/>
        public override Tensor Exists => Within(Asked).logical_and(Within(rivals)).logical_and(Asked.ne(rivals));

        /// <summary>The cross entropy of the two classes alone.</summary>
        public override Tensor Loss(Tensor reading, BottleneckLoss loss) => nn.functional.softplus(Difference(reading).neg());

        /// <inheritdoc/>
        public override Tensor Score(Tensor features, TailMode mode) => Difference(Tail.LogProbabilities(features, Activation, mode));

        /// <inheritdoc/>
        public override string Missing(long asked)
            => $"its two classes, of which the first is {asked}, are one class, or not both classes of the network (0 to {Width - 1})";

        /// <summary>Of logits, too: what normalises them cancels.</summary>
        private Tensor Difference(Tensor reading) => Pick(reading, Targets) - Pick(reading, _rivals);

        private Tensor Within(Tensor classes) => classes.ge(0).logical_and(classes.lt(Width));
    }
}
