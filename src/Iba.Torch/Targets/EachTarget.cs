namespace Iba.Torch;

/// <summary>Several questions about each row; <see cref="AttributionMethod"/> asks them one after the other.</summary>
internal class EachTarget : ExplanationTarget
{
    private const int MostQuestions = 1000;

    private readonly IReadOnlyList<ExplanationTarget> _targets;

    /// <param name="targets">The questions.</param>
    /// <exception cref="ArgumentException">There is none, or one is null or has several questions.</exception>
    public EachTarget(IReadOnlyList<ExplanationTarget> targets)
        : this(TargetNames.Of(TargetNames.Each, [.. Checked(targets).Select(target => target.Name)]), [.. targets])
    {
    }

    private protected EachTarget(string name, IReadOnlyList<ExplanationTarget> targets)
        : base(name) => _targets = targets;

    /// <inheritdoc/>
    internal override bool NeedsLabels => _targets.Any(target => target.NeedsLabels);

    /// <inheritdoc/>
    internal override IReadOnlyList<TargetColumn> Columns => [.. _targets.SelectMany(target => target.Columns).Distinct()];

    /// <inheritdoc/>
    internal override bool IsOfClasses => _targets.All(target => target.IsOfClasses);

    /// <inheritdoc/>
    internal override IReadOnlyList<ExplanationTarget> Questions => _targets;

    /// <inheritdoc/>
    internal override bool IsStack => true;

    /// <inheritdoc/>
    internal override int LargestIndex => _targets.Max(target => target.LargestIndex);

    /// <inheritdoc/>
    internal override bool NeedsScale => _targets.Any(target => target.NeedsScale);

    /// <inheritdoc/>
    internal override bool CanRunInParallel => _targets.All(target => target.CanRunInParallel);

    /// <inheritdoc/>
    internal override bool CanBeSaved => _targets.All(target => target.CanBeSaved);

    /// <inheritdoc/>
    internal override ExplanationTarget WithoutColumns => With(target => target.WithoutColumns);

    /// <inheritdoc/>
    internal override ExplanationTarget WithScale(IReadOnlyList<double> deviations) => With(target => target.WithScale(deviations));

    /// <inheritdoc/>
    internal override ExplanationTarget WithNames(IReadOnlyList<string>? names) => With(target => target.WithNames(names));

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row) => _targets.Select(target => target.Objection(row)).FirstOrDefault(objection => objection != null);

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
        => throw new InvalidOperationException("Its questions are asked one after the other.");

    private EachTarget With(Func<ExplanationTarget, ExplanationTarget> change)
    {
        var changed = _targets.Select(change).ToArray();
        return changed.SequenceEqual(_targets) ? this : new EachTarget(changed);
    }

    private static IReadOnlyList<ExplanationTarget> Checked(IReadOnlyList<ExplanationTarget> targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (targets.Count is < 1 or > MostQuestions) throw new ArgumentException($"There are {targets.Count} targets; allowed: 1 to {MostQuestions}.", nameof(targets));
        if (targets.Any(target => target is null)) throw new ArgumentException("One of the targets is null.", nameof(targets));
        if (targets.FirstOrDefault(target => target.IsStack) is { } stack)
        {
            throw new ArgumentException($"'{stack}' has several questions of its own: name them one by one.", nameof(targets));
        }

        return targets;
    }
}

/// <summary>The likeliest classes.</summary>
/// <param name="count">How many.</param>
internal sealed class TopClassesTarget(int count)
    : EachTarget(TargetNames.Of(TargetNames.Top, count), [.. Enumerable.Range(0, Checked(count)).Select(rank => new RankedClassTarget(rank))])
{
    private static int Checked(int count)
        => count is >= 1 and <= 1000 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, $"The count is {count}; allowed: 1 to 1,000.");
}
