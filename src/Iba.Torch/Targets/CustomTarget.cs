using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A question of the user's own.</summary>
/// <param name="name">Its name.</param>
/// <param name="score">What is explained.</param>
/// <param name="loss">What has to be low; null: how much the score falls.</param>
/// <param name="columns">What rows bring.</param>
internal sealed class CustomTarget(string name, Func<TargetOutputs, Tensor> score, Func<TargetOutputs, Tensor>? loss, IReadOnlyList<string> columns) : ExplanationTarget(name)
{
    /// <inheritdoc/>
    internal override IReadOnlyList<TargetColumn> Columns => [.. columns.Select(column => new TargetColumn(column, IsClass: false))];

    /// <summary>What functions of the user's do on two threads at once is not known.</summary>
    internal override bool CanRunInParallel => false;

    /// <inheritdoc/>
    internal override bool CanBeSaved => IsRegistered(Name);

    /// <summary>Nothing is known of its question without its columns but that the network has outputs.</summary>
    internal override ExplanationTarget WithoutColumns => columns.Count == 0 ? this : new CustomTarget(Name, outputs => outputs.Values.flatten(2).sum([2L]), null, []);

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row) => null;

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
        => new Question(this, tail, activation, request.Columns, tail.Outputs(activation).squeeze(1));

    private Tensor Checked(Tensor found, Tensor outputs, string what) => found.shape is [var rows, var copies] && rows == outputs.shape[0] && copies == outputs.shape[1]
        ? found
        : throw new InvalidOperationException(
            $"The {what} of target '{this}' returned {Shapes.Format(found.shape)}; expected [{outputs.shape[0]}, {outputs.shape[1]}], rows by versions.");

    private sealed class Question : TargetQuestion
    {
        private readonly CustomTarget _target;
        private readonly IReadOnlyDictionary<string, Tensor>? _columns;
        private readonly Tensor _outputs;

        public Question(CustomTarget target, TailClassifier tail, Activation activation, IReadOnlyDictionary<string, Tensor>? columns, Tensor outputs)
            : base(tail, activation)
        {
            (_target, _columns, _outputs) = (target, columns, outputs);
            Clean = Of(outputs.unsqueeze(1)).squeeze(1);
        }

        /// <summary>The score and, where there is one, the loss.</summary>
        public override Tensor Clean { get; }

        /// <inheritdoc/>
        public override Tensor Asked => zeros([Clean.shape[0]], ScalarType.Int64, Clean.device);

        /// <inheritdoc/>
        public override long Width => 1;

        /// <inheritdoc/>
        public override bool IsLogarithmic => false;

        /// <inheritdoc/>
        public override OutputKind Kind => OutputKind.Values;

        /// <inheritdoc/>
        public override Tensor Read(Tensor features, TailMode mode) => Of(Tail.Outputs(features, Activation, mode));

        /// <inheritdoc/>
        public override Tensor Loss(Tensor reading, BottleneckLoss loss)
            => _target.HasLoss ? reading.select(2, 1) : Clean.select(1, 0).unsqueeze(1) - reading.select(2, 0);

        /// <inheritdoc/>
        public override Tensor Score(Tensor features, TailMode mode) => _target.ScoreOf(Told(Tail.Outputs(features, Activation, mode)));

        /// <inheritdoc/>
        public override Tensor Report(Tensor reading) => reading.narrow(-1, 0, 1);

        private TargetOutputs Told(Tensor outputs) => new(outputs, _outputs, _columns);

        private Tensor Of(Tensor outputs)
        {
            var told = Told(outputs);
            return _target.HasLoss ? stack([_target.ScoreOf(told), _target.LossOf(told)], 2) : _target.ScoreOf(told).unsqueeze(2);
        }
    }

    private bool HasLoss => loss is not null;

    private Tensor ScoreOf(TargetOutputs outputs) => Checked(score(outputs), outputs.Values, "score");

    private Tensor LossOf(TargetOutputs outputs) => Checked(loss!(outputs), outputs.Values, "loss");
}
