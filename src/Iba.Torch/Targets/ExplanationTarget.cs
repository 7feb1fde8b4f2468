using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// What is explained of each row: a question about the network's outputs. It says what has to be kept under a bottleneck (a loss), what other
/// methods follow (a score for each row), and which numbers are reported. Most of them are saved by their <see cref="Name"/>.
/// </summary>
/// <remarks>docs/targets.md tells the loss of each, its unit, and what beta means with it.</remarks>
public abstract partial class ExplanationTarget
{
    private protected ExplanationTarget(string name) => Name = name;

    /// <summary>The name by which <see cref="Parse"/> finds the target, so that it can be saved.</summary>
    public string Name { get; }

    /// <summary>The columns that rows bring for the target, by whose names <see cref="AttributionRequest.Columns"/> are found; often none.</summary>
    public IReadOnlyList<string> ColumnNames => [.. Columns.Select(column => column.Name).Distinct()];

    /// <summary>Whether the rows' labels are needed.</summary>
    internal virtual bool NeedsLabels => false;

    /// <summary>What rows bring beside labels.</summary>
    internal virtual IReadOnlyList<TargetColumn> Columns => [];

    /// <summary>Whether the target is about the network's classes, so that <see cref="BottleneckLoss"/> says how they are kept.</summary>
    internal virtual bool IsOfClasses => false;

    /// <summary>The questions of a row; one, unless it is <see cref="Each"/>.</summary>
    internal virtual IReadOnlyList<ExplanationTarget> Questions => [this];

    /// <summary>Whether a row has a map for each of <see cref="Questions"/>, stacked.</summary>
    internal virtual bool IsStack => false;

    /// <summary>The largest index that the target names, which the network must have; -1: it names none.</summary>
    internal virtual int LargestIndex => -1;

    /// <summary>Whether the deviation of the network's outputs over the data is needed, see <see cref="WithScale"/>.</summary>
    internal virtual bool NeedsScale => false;

    /// <summary>Whether several threads may ask at the same time.</summary>
    internal virtual bool CanRunInParallel => true;

    /// <summary>Whether <see cref="Parse"/> finds the target again.</summary>
    internal virtual bool CanBeSaved => true;

    /// <summary>The same question for rows that bring nothing, as Fit needs it, which reads no labels.</summary>
    internal virtual ExplanationTarget WithoutColumns => this;

    /// <summary>The target, once it is known how much the network's outputs vary.</summary>
    /// <param name="deviations">The standard deviation of each output over the data.</param>
    /// <exception cref="ArgumentException">The output does not vary.</exception>
    internal virtual ExplanationTarget WithScale(IReadOnlyList<double> deviations) => this;

    /// <summary>The target, once the names of the network's outputs are known.</summary>
    /// <param name="names">The names; null: there are none.</param>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    internal virtual ExplanationTarget WithNames(IReadOnlyList<string>? names) => this;

    /// <summary>Why outputs cannot be asked this question, as a clause; null: they can.</summary>
    /// <param name="row">The shape of the outputs of one row; -1 where it is open.</param>
    internal abstract string? Objection(IReadOnlyList<long> row);

    /// <summary>Asks about rows: runs the tail once, without bottleneck.</summary>
    /// <param name="tail">The tail.</param>
    /// <param name="activation">What the head computed.</param>
    /// <param name="request">What the rows bring.</param>
    internal abstract TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>What a row brings for the target.</summary>
    private protected static Tensor Column(AttributionRequest request, string name, Activation activation)
        => request.Columns![name].to(activation.Features.device);
}
