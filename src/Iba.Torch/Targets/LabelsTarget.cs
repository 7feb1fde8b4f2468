using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Several labels that do not exclude each other, jointly.</summary>
/// <param name="labels">The labels; empty: those that the network predicts, or a column says.</param>
/// <param name="column">The column of labels; null: there is none.</param>
internal sealed class LabelsTarget(IReadOnlyList<int> labels, string? column) : ExplanationTarget(NameOf(labels, column))
{
    private const double Predicted = 0.5;

    /// <inheritdoc/>
    internal override IReadOnlyList<TargetColumn> Columns => column is null ? [] : [new(column, IsClass: false)];

    /// <inheritdoc/>
    internal override int LargestIndex => labels.DefaultIfEmpty(-1).Max();

    /// <inheritdoc/>
    internal override ExplanationTarget WithoutColumns => column is null ? this : PredictedLabels;

    /// <summary>Labels to explain jointly, checked.</summary>
    /// <exception cref="ArgumentException">There is none, one twice, or an index is negative.</exception>
    public static IReadOnlyList<int> Checked(IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count > 0 && labels.All(label => label >= 0) && labels.Distinct().Count() == labels.Count) return [.. labels];
        throw new ArgumentException($"The labels are [{string.Join(", ", labels)}]; allowed: at least one, each once, counted from 0.", nameof(labels));
    }

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row) => TargetShapes.NoClasses(row);

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
    {
        var clean = tail.LogProbabilities(activation);
        if (!tail.IsMultiLabel)
        {
            throw new InvalidOperationException(
                $"Target '{this}' is about labels that do not exclude each other, each with a probability of its own, but the network's outputs are {tail.Output}: " +
                $"set Output to {OutputKind.MultiLabel} if they are sigmoids; else choose {nameof(Class)} or {nameof(PredictedClass)}.");
        }

        return new Question(tail, activation, clean, Meant());

        Tensor Meant()
        {
            if (column is not null)
            {
                var given = Column(request, column, activation);
                return given.dim() == 2 && given.shape[1] == clean.shape[1]
                    ? given.gt(Predicted)
                    : throw new ArgumentException(
                        $"Column '{column}' has {given.numel() / given.shape[0]} values for a row; the network has {clean.shape[1]} labels: give one value for each.", nameof(request));
            }

            if (labels.Count == 0) return clean.ge(Math.Log(Predicted));
            var meant = zeros_like(clean, ScalarType.Bool);
            foreach (int label in labels.Where(label => label < clean.shape[1])) meant.select(1, label).fill_(true);
            return meant;
        }
    }

    private static string NameOf(IReadOnlyList<int> labels, string? column)
        => column is not null ? TargetNames.Of(TargetNames.Labels, column)
            : labels.Count == 0 ? "predicted-labels" : TargetNames.Of(TargetNames.Labels, [.. labels.Cast<object>()]);

    /// <param name="tail">The tail.</param>
    /// <param name="activation">What the head computed.</param>
    /// <param name="clean">Log-probabilities, <c>[N, labels]</c>.</param>
    /// <param name="meant">bool <c>[N, labels]</c>.</param>
    private sealed class Question(TailClassifier tail, Activation activation, Tensor clean, Tensor meant) : TargetQuestion(tail, activation)
    {
        /// <inheritdoc/>
        public override Tensor Clean => clean;

        /// <summary>The likeliest of those that are meant.</summary>
        public override Tensor Asked => clean.masked_fill(meant.logical_not(), double.NegativeInfinity).argmax(1);

        /// <inheritdoc/>
        public override Tensor Exists => meant.any(1);

        /// <inheritdoc/>
        public override Tensor Read(Tensor features, TailMode mode) => Tail.LogProbabilities(features, Activation, mode);

        /// <inheritdoc/>
        public override Tensor Loss(Tensor reading, BottleneckLoss loss) => Sum(reading).neg();

        /// <inheritdoc/>
        public override Tensor Score(Tensor features, TailMode mode) => Sum(Tail.LogProbabilities(features, Activation, mode));

        /// <inheritdoc/>
        public override string Missing(long asked) => "no label is meant: the network predicts none with a probability of 0.5 or more, or its column names none";

        private Tensor Sum(Tensor reading) => reading.masked_fill(meant.unsqueeze(1).logical_not(), 0).sum([2L]);
    }
}
