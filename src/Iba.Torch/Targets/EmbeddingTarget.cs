using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A vector's likeness to itself, or to another one.</summary>
/// <param name="column">The column of reference vectors; null: the row's own vector.</param>
internal sealed class EmbeddingTarget(string? column) : ExplanationTarget(column is null ? "embedding" : TargetNames.Of(TargetNames.SimilarTo, column))
{
    /// <summary>The loss of a vector at right angles, in nats.</summary>
    private const double Concentration = 10;

    private const double SmallestLength = 1e-12;

    /// <inheritdoc/>
    internal override IReadOnlyList<TargetColumn> Columns => column is null ? [] : [new(column, IsClass: false)];

    /// <inheritdoc/>
    internal override ExplanationTarget WithoutColumns => Embedding;

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row)
        => TargetShapes.IsVector(row) && row.Aggregate(1L, (product, size) => product * size) != 1 ? null : "it is about vectors, [N, D] with D of at least 2";

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
    {
        var outputs = tail.Outputs(activation);
        TargetShapes.Check(this, outputs);
        var vectors = outputs.flatten(1);
        var reference = column is null ? vectors : Column(request, column, activation).to_type(vectors.dtype);
        if (reference.dim() != 2 || reference.shape[1] != vectors.shape[1])
        {
            throw new ArgumentException(
                $"Column '{column}' has {reference.numel() / reference.shape[0]} values for a row; the network's vectors have {vectors.shape[1]}.", nameof(request));
        }

        return new Question(tail, activation, vectors, reference, column is null);
    }

    private static Tensor Unit(Tensor vectors) => vectors / vectors.square().sum([-1L], keepdim: true).sqrt().clamp_min(SmallestLength);

    private sealed class Question : TargetQuestion
    {
        private readonly Tensor _direction;
        private readonly bool _isOwn;

        /// <param name="tail">The tail.</param>
        /// <param name="activation">What the head computed.</param>
        /// <param name="vectors">The rows' vectors, <c>[N, D]</c>.</param>
        /// <param name="reference">What they are compared with, <c>[N, D]</c>.</param>
        /// <param name="isOwn">Whether that is themselves.</param>
        public Question(TailClassifier tail, Activation activation, Tensor vectors, Tensor reference, bool isOwn)
            : base(tail, activation)
        {
            _direction = Unit(reference).unsqueeze(1);
            _isOwn = isOwn;
            Clean = (Unit(vectors).unsqueeze(1) * _direction).sum([2L]);
            Exists = vectors.ne(0).any(1).logical_and(reference.ne(0).any(1));
        }

        /// <summary>The cosine, <c>[N, 1]</c>.</summary>
        public override Tensor Clean { get; }

        /// <inheritdoc/>
        public override Tensor Asked => zeros([Clean.shape[0]], ScalarType.Int64, Clean.device);

        /// <inheritdoc/>
        public override Tensor Exists { get; }

        /// <inheritdoc/>
        public override bool IsLogarithmic => false;

        /// <inheritdoc/>
        public override OutputKind Kind => OutputKind.Values;

        /// <inheritdoc/>
        public override Tensor Read(Tensor features, TailMode mode) => Along(Unit(Vectors(features, mode)));

        /// <inheritdoc/>
        public override Tensor Loss(Tensor reading, BottleneckLoss loss) => (1 - reading.squeeze(2)) * Concentration;

        /// <summary>A vector is most like itself where it is: the cosine has no gradient there, the projection has one.</summary>
        public override Tensor Score(Tensor features, TailMode mode)
        {
            var vectors = Vectors(features, mode);
            return Along(_isOwn ? vectors : Unit(vectors)).squeeze(2);
        }

        /// <inheritdoc/>
        public override string Missing(long asked) => "its vector, or the one that it is compared with, is 0, which has no direction";

        private Tensor Vectors(Tensor features, TailMode mode) => Tail.Outputs(features, Activation, mode).flatten(2);

        private Tensor Along(Tensor vectors) => (vectors * _direction).sum([2L], keepdim: true);
    }
}
