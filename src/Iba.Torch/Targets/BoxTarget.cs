using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A box of a detector.</summary>
/// <param name="layout">How the network writes its boxes.</param>
/// <param name="column">The column of boxes; null: the best one of each row.</param>
/// <param name="keepsPlace">Whether the loss keeps the box's place, too.</param>
internal sealed class BoxTarget(BoxLayout layout, string? column, bool keepsPlace)
    : ExplanationTarget(TargetNames.Of(TargetNames.Box, layout.ToString(), column, keepsPlace))
{
    private const int Numbers = 4;

    /// <summary>The deviation of a box's sides that costs half a nat, in widths and heights.</summary>
    private const double Tolerance = 0.1;

    private readonly BoxLayout _layout = Enum.IsDefined(layout)
        ? layout
        : throw new ArgumentOutOfRangeException(nameof(layout), layout, $"The layout is {layout}; allowed: {string.Join(", ", Enum.GetNames<BoxLayout>())}.");

    /// <inheritdoc/>
    internal override IReadOnlyList<TargetColumn> Columns => column is null ? [] : [new(column, IsClass: false, Numbers)];

    /// <inheritdoc/>
    internal override ExplanationTarget WithoutColumns => column is null ? this : new BoxTarget(_layout, null, keepsPlace);

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row)
    {
        int least = Numbers + (_layout == BoxLayout.Yolo8 ? 1 : 2);
        long numbers = row.Count != 2 || row.Contains(0) ? 0 : row[_layout == BoxLayout.Yolo8 ? 0 : 1];
        if (numbers < 0 || numbers >= least) return null;
        return $"boxes of layout {_layout} are {_layout switch { BoxLayout.Yolo5 => "[N, boxes, 5 + classes]", BoxLayout.Yolo8 => "[N, 4 + classes, boxes]", _ => "[N, boxes, 4 + classes]" }}";
    }

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
    {
        var outputs = tail.Outputs(activation);
        TargetShapes.Check(this, outputs);
        var boxes = InOrder(outputs).squeeze(1);
        var scores = boxes.slice(2, Numbers, boxes.shape[2], 1);
        tail.Decide(KindOf(scores));
        var best = LogProbabilities(scores, tail.Output).slice(2, _layout == BoxLayout.Ssd ? 1 : 0, long.MaxValue, 1).amax([2]);
        var corners = Corners(boxes.narrow(2, 0, Numbers));
        Tensor chosen, exists;
        if (column is null)
        {
            chosen = best.nan_to_num(nan: double.NegativeInfinity).argmax(1);
            exists = ones([boxes.shape[0]], ScalarType.Bool, boxes.device);
        }
        else
        {
            var overlaps = Overlap(corners, Column(request, column, activation).to_type(corners.dtype).unsqueeze(1)).nan_to_num(nan: 0.0);
            // Of boxes that overlap as much, the surest.
            chosen = (overlaps + (best.exp().nan_to_num(nan: 0.0) * 1e-6)).argmax(1);
            exists = overlaps.gather(1, chosen.unsqueeze(1)).squeeze(1).gt(0);
        }

        return new Question(this, tail, activation, boxes, chosen, exists);
    }

    /// <summary>Boxes in the last but one dimension, their numbers in the last.</summary>
    private Tensor InOrder(Tensor outputs) => _layout == BoxLayout.Yolo8 ? outputs.transpose(-1, -2) : outputs;

    /// <summary>What the scores of boxes are, where nobody said it.</summary>
    private OutputKind KindOf(Tensor scores)
    {
        const double tolerance = 1e-3;
        using var scope = NewDisposeScope();
        bool within = scores.ge(-tolerance).logical_and(scores.le(1 + tolerance)).all().item<bool>();
        if (_layout != BoxLayout.Ssd) return within ? OutputKind.MultiLabel : OutputKind.Logits;
        return within && scores.sum([2L]).sub(1).abs().le(tolerance).all().item<bool>() ? OutputKind.Probabilities : OutputKind.Logits;
    }

    /// <summary>The logarithms of classes' probabilities, out of what follows a box's place.</summary>
    private Tensor LogProbabilities(Tensor scores, OutputKind kind)
    {
        if (_layout == BoxLayout.Ssd) return kind == OutputKind.Logits ? nn.functional.log_softmax(scores, -1) : Logarithms(scores);
        var logarithms = kind == OutputKind.Logits ? nn.functional.logsigmoid(scores) : Logarithms(scores);
        return _layout == BoxLayout.Yolo8 ? logarithms : logarithms.narrow(-1, 0, 1) + logarithms.slice(-1, 1, long.MaxValue, 1);

        static Tensor Logarithms(Tensor probabilities) => probabilities.clamp_min(TailClassifier.MinProbability).log();
    }

    /// <summary>Left, top, right, bottom.</summary>
    private Tensor Corners(Tensor places)
    {
        if (_layout == BoxLayout.Ssd) return places;
        var centre = places.narrow(-1, 0, 2);
        var half = places.narrow(-1, 2, 2) / 2;
        return cat([centre - half, centre + half], -1);
    }

    /// <summary>Intersection over union.</summary>
    private static Tensor Overlap(Tensor boxes, Tensor given)
    {
        var least = maximum(boxes.narrow(-1, 0, 2), given.narrow(-1, 0, 2));
        var most = minimum(boxes.narrow(-1, 2, 2), given.narrow(-1, 2, 2));
        var shared = Area(least, most);
        return shared / (Area(boxes.narrow(-1, 0, 2), boxes.narrow(-1, 2, 2)) + Area(given.narrow(-1, 0, 2), given.narrow(-1, 2, 2)) - shared);

        static Tensor Area(Tensor least, Tensor most) => (most - least).clamp_min(0).prod(-1);
    }

    private sealed class Question : TargetQuestion
    {
        private readonly BoxTarget _target;
        private readonly Tensor _chosen;

        /// <param name="target">The target.</param>
        /// <param name="tail">The tail.</param>
        /// <param name="activation">What the head computed.</param>
        /// <param name="boxes">All boxes, <c>[N, boxes, numbers]</c>.</param>
        /// <param name="chosen">Which of them, int64 <c>[N]</c>.</param>
        /// <param name="exists">Whether there is one, bool <c>[N]</c>.</param>
        public Question(BoxTarget target, TailClassifier tail, Activation activation, Tensor boxes, Tensor chosen, Tensor exists)
            : base(tail, activation)
        {
            (_target, _chosen, Exists) = (target, chosen, exists);
            Clean = OfChosen(boxes.unsqueeze(1)).squeeze(1);
            long first = target._layout == BoxLayout.Ssd ? 1 : 0;
            Asked = Clean.slice(1, Numbers + first, long.MaxValue, 1).argmax(1) + first;
        }

        /// <summary>The box's corners, then its classes.</summary>
        public override Tensor Clean { get; }

        /// <inheritdoc/>
        public override Tensor Logarithms => Clean.slice(1, Numbers, long.MaxValue, 1);

        /// <inheritdoc/>
        public override Tensor Asked { get; }

        /// <inheritdoc/>
        public override Tensor Exists { get; }

        /// <inheritdoc/>
        public override long Width => Clean.shape[1] - Numbers;

        /// <inheritdoc/>
        public override Tensor Boxes => Clean.narrow(1, 0, Numbers);

        /// <inheritdoc/>
        public override Tensor Read(Tensor features, TailMode mode) => OfChosen(_target.InOrder(Tail.Outputs(features, Activation, mode)));

        /// <inheritdoc/>
        public override Tensor Loss(Tensor reading, BottleneckLoss loss)
        {
            var ofClass = Pick(reading, Targets + Numbers).neg();
            if (!_target.KeepsPlace) return ofClass;
            var size = (Boxes.narrow(1, 2, 2) - Boxes.narrow(1, 0, 2)).abs().clamp_min(1e-6).repeat(1, 2).unsqueeze(1);
            return ofClass + (((reading.narrow(2, 0, Numbers) - Boxes.unsqueeze(1)) / (size * Tolerance)).square().sum([2L]) / 2);
        }

        /// <inheritdoc/>
        public override Tensor Score(Tensor features, TailMode mode) => Pick(Read(features, mode), Targets + Numbers);

        /// <inheritdoc/>
        public override Tensor Report(Tensor reading) => reading.slice(-1, Numbers, long.MaxValue, 1).exp();

        /// <inheritdoc/>
        public override string Missing(long asked) => "no box of the network overlaps with the given one (left, top, right, bottom, in the unit of the network's boxes)";

        /// <summary>The corners and the classes of the chosen boxes, out of <c>[N, K, boxes, numbers]</c>.</summary>
        private Tensor OfChosen(Tensor boxes)
        {
            var box = boxes.gather(2, _chosen.view(-1, 1, 1, 1).expand(-1, boxes.shape[1], 1, boxes.shape[3])).squeeze(2);
            return cat([_target.Corners(box.narrow(2, 0, Numbers)), _target.LogProbabilities(box.slice(2, Numbers, long.MaxValue, 1), Tail.Output)], 2);
        }
    }

    private bool KeepsPlace => keepsPlace;
}
