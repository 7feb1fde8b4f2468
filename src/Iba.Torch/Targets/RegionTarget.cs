using System.Text.Json;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A class over some places of a segmentation.</summary>
internal sealed class RegionTarget : ExplanationTarget
{
    private readonly RegionPlaces _places;
    private readonly int? _class;
    private readonly string _column;
    private readonly int[] _point;

    /// <param name="places">Which places.</param>
    /// <param name="index">The class; null: that of the places.</param>
    /// <param name="given">The column, or the numbers of the point.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public RegionTarget(RegionPlaces places, int? index, IReadOnlyList<object> given)
        : base(TargetNames.Of(TargetNames.Region, [places.ToString(), index, .. given]))
    {
        if (index is { } wanted) ArgumentOutOfRangeException.ThrowIfNegative(wanted, nameof(index));
        (_places, _class, _column, _point) = (places, index, given is [string column] ? column : "", [.. given.OfType<int>()]);
        foreach (int number in _point) ArgumentOutOfRangeException.ThrowIfNegative(number, nameof(given));
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<TargetColumn> Columns => _column.Length == 0 ? [] : [new(_column, IsClass: false, _places == RegionPlaces.PointColumn ? 2 : 0)];

    /// <inheritdoc/>
    internal override int LargestIndex => _class ?? -1;

    /// <inheritdoc/>
    internal override ExplanationTarget WithoutColumns => _column.Length == 0 ? this : _class is { } index ? Region(index) : RegionAt(0, 0);

    /// <summary>Made anew of what was saved.</summary>
    public static RegionTarget Of(JsonElement[] given)
    {
        var places = Enum.Parse<RegionPlaces>(TargetNames.Text(given[0]));
        int? index = given[1].ValueKind == JsonValueKind.Null ? null : given[1].GetInt32();
        object[] rest = [.. given[2..].Select(element => element.ValueKind == JsonValueKind.String ? (object)TargetNames.Text(element) : element.GetInt32())];
        bool complete = places switch
        {
            RegionPlaces.Predicted => rest is [] && index is not null,
            RegionPlaces.Point => rest is [int, int],
            _ => rest is [string { Length: > 0 }],
        };
        return complete ? new RegionTarget(places, index, rest) : throw new FormatException();
    }

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row)
        => row.Count is 3 or 4 && !row.Contains(0) ? null : "it is about class scores for each place, [N, classes, h, w] or [N, classes, d, h, w]";

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
    {
        var outputs = tail.Outputs(activation);
        TargetShapes.Check(this, outputs);
        if (tail.Output == OutputKind.Auto) tail.Decide(OutputKindDetector.Detect(outputs.squeeze(1).movedim([1L], [-1L]).flatten(0, -2)));
        var logarithms = LogProbabilities(outputs, tail.Output).squeeze(1);
        var predicted = logarithms.argmax(1);
        var inside = Inside(predicted, request, activation);
        var asked = _class is { } index
            ? full([predicted.shape[0]], (long)index, ScalarType.Int64, predicted.device)
            : Most(predicted, inside, logarithms.shape[1]);
        var weights = inside.to_type(outputs.dtype);
        weights /= weights.flatten(1).sum([1L]).clamp_min(1).view([-1, .. Enumerable.Repeat(1L, (int)weights.dim() - 1)]);
        return new Question(tail, activation, Mean(logarithms.unsqueeze(1), weights).squeeze(1), asked, inside.flatten(1).any(1), weights, this);
    }

    /// <summary>Log-probabilities of the classes at each place, <c>[N, K, classes, ...]</c>; a single channel is the second of two classes.</summary>
    private static Tensor LogProbabilities(Tensor outputs, OutputKind kind)
    {
        bool single = outputs.shape[2] == 1;
        if (kind is OutputKind.Probabilities or OutputKind.MultiLabel)
        {
            return (single ? cat([1 - outputs, outputs], 2) : outputs).clamp_min(TailClassifier.MinProbability).log();
        }

        return nn.functional.log_softmax(single ? cat([zeros_like(outputs), outputs], 2) : outputs, 2);
    }

    /// <summary>The mean over the places, <c>[N, K, classes]</c>.</summary>
    private static Tensor Mean(Tensor values, Tensor weights) => (values * weights.unsqueeze(1).unsqueeze(1)).flatten(3).sum([3L]);

    /// <summary>The class that is predicted in most of the places.</summary>
    private static Tensor Most(Tensor predicted, Tensor inside, long classes)
        => stack(Enumerable.Range(0, (int)classes).Select(index => predicted.eq(index).logical_and(inside).flatten(1).sum([1L])).ToArray(), 1).argmax(1);

    private Tensor Inside(Tensor predicted, AttributionRequest request, Activation activation)
    {
        if (_places == RegionPlaces.Predicted) return predicted.eq(_class!.Value);
        if (_places == RegionPlaces.Mask) return Resized(Column(request, _column, activation), predicted.shape, request.InputSize);
        var points = _places == RegionPlaces.Point
            ? tensor(Array.ConvertAll(_point, number => (float)number)).to(predicted.device).unsqueeze(0).expand(predicted.shape[0], 2)
            : Column(request, _column, activation).to_type(ScalarType.Float32);
        if (predicted.dim() != 3) throw new InvalidOperationException($"A point of two numbers names no place of outputs {Shapes.Format(predicted.shape)}: use a mask.");
        bool scales = request.InputSize.Count == 2;
        return Along(0, 2).unsqueeze(1).logical_and(Along(1, 1).unsqueeze(2));

        // Which places along a dimension lie under the point, [N, size].
        Tensor Along(int number, int dimension)
        {
            long size = predicted.shape[dimension];
            double scale = scales ? (double)size / request.InputSize[dimension - 1] : 1;
            return arange(size, ScalarType.Float32, predicted.device).unsqueeze(0).eq((points.select(1, number) * scale).floor().unsqueeze(1));
        }
    }

    private static Tensor Resized(Tensor mask, long[] places, IReadOnlyList<long> inputSize)
    {
        long rows = places[0], values = mask.numel() / rows;
        long Product(IEnumerable<long> sizes) => sizes.Aggregate(1L, (product, size) => product * size);
        if (values == Product(places[1..])) return mask.gt(0.5).view(places);
        if (inputSize.Count == places.Length - 1 && values == Product(inputSize))
        {
            var large = mask.gt(0.5).to_type(ScalarType.Float32).view([rows, 1, .. inputSize]);
            return nn.functional.interpolate(large, places[1..], mode: InterpolationMode.Nearest).squeeze(1).gt(0.5);
        }

        throw new ArgumentException(
            $"The mask of a row has {values} values; expected one for each place of the output, {Shapes.Format(places[1..])}" +
            $"{(inputSize.Count > 0 ? $", or of the input, {Shapes.Format(inputSize)}" : "")}.", nameof(mask));
    }

    private sealed class Question(
        TailClassifier tail, Activation activation, Tensor clean, Tensor asked, Tensor any, Tensor weights, RegionTarget target) : TargetQuestion(tail, activation)
    {
        /// <inheritdoc/>
        public override Tensor Clean => clean;

        /// <inheritdoc/>
        public override Tensor Asked => asked;

        /// <inheritdoc/>
        public override Tensor Exists => any.logical_and(asked.lt(Width));

        /// <inheritdoc/>
        public override Tensor Read(Tensor features, TailMode mode) => Mean(LogProbabilities(Tail.Outputs(features, Activation, mode), Tail.Output), weights);

        /// <inheritdoc/>
        public override Tensor Loss(Tensor reading, BottleneckLoss loss) => Pick(reading, Targets).neg();

        /// <inheritdoc/>
        public override Tensor Score(Tensor features, TailMode mode)
        {
            var outputs = Tail.Outputs(features, Activation, mode);
            // Of a single channel the first class has the logit's negative.
            var logits = Tail.Output != OutputKind.Logits ? LogProbabilities(outputs, Tail.Output) : outputs.shape[2] == 1 ? cat([-outputs, outputs], 2) : outputs;
            return Pick(Mean(logits, weights), Targets);
        }

        /// <inheritdoc/>
        public override string Missing(long asked)
            => asked >= Width ? base.Missing(asked)
                : target._places == RegionPlaces.Predicted ? $"the network predicts class {asked} nowhere in it"
                : target._places == RegionPlaces.Mask ? "its mask is empty" : "its point lies outside of the picture";
    }
}
