using System.Collections.Concurrent;

namespace Iba.Torch;

public abstract partial class ExplanationTarget
{
    private static readonly ConcurrentDictionary<string, Func<ExplanationTarget>> Registered = new();

    /// <summary>The class that the network predicts for the row. Name "predicted-class".</summary>
    public static ExplanationTarget PredictedClass { get; } = new PredictedClassTarget();

    /// <summary>The class that the row's label names, see <see cref="AttributionRequest.Labels"/>. Name "label".</summary>
    public static ExplanationTarget Label { get; } = new LabelTarget();

    /// <summary>
    /// Of labels that do not exclude each other (<see cref="OutputKind.MultiLabel"/>): all that the network predicts for the row, with a probability
    /// of at least 0.5, jointly. Name "predicted-labels".
    /// </summary>
    public static ExplanationTarget PredictedLabels { get; } = new LabelsTarget([], null);

    /// <summary>
    /// Of a network that gives vectors <c>[N, D]</c>: what keeps the vector's direction. Name "embedding". The loss is
    /// 10 (1 - cosine to the vector without bottleneck), in nats: of a von Mises-Fisher distribution of concentration 10. Reported is the cosine.
    /// Other methods follow the vector's projection on its direction.
    /// </summary>
    public static ExplanationTarget Embedding { get; } = new EmbeddingTarget(null);

    /// <summary>The same class in every row. Name "class 3".</summary>
    /// <param name="index">The class, counted from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative.</exception>
    public static ExplanationTarget Class(int index) => new ClassTarget(index);

    /// <summary>
    /// The likeliest classes of each row, a map for each: the head runs once, and there is one optimisation for each class. Maps are stacked,
    /// <c>[k, H, W]</c>, the likeliest class first.
    /// </summary>
    /// <param name="count">How many, k. 1 to 1,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is out of its range.</exception>
    public static ExplanationTarget TopClasses(int count) => new TopClassesTarget(count);

    /// <summary>Several questions about each row, a map for each, stacked in their order: the head runs once.</summary>
    /// <param name="targets">The questions, at least one, none with several of its own. What they report must have the same number of values.</param>
    /// <exception cref="ArgumentException">There is no target, or one has several questions.</exception>
    public static ExplanationTarget Each(params IReadOnlyList<ExplanationTarget> targets) => new EachTarget(targets);

    /// <summary>
    /// Why one class and not another: what keeps the first ahead of the second. The loss is <c>-log (p / (p + q))</c> in nats, of the difference of their
    /// logits. Other methods follow that difference. The first class is reported as the target.
    /// </summary>
    /// <param name="target">The class that is explained.</param>
    /// <param name="rival">The class that it is told from.</param>
    /// <exception cref="ArgumentException">It is one class twice, or an index is negative.</exception>
    public static ExplanationTarget Contrast(int target, int rival) => new ContrastTarget(target, rival);

    /// <summary>The same, of classes that each row names.</summary>
    /// <param name="targetColumn">The column of the class that is explained; in <see cref="AttributionRequest.Columns"/> int64 <c>[N]</c>.</param>
    /// <param name="rivalColumn">The column of the class that it is told from.</param>
    public static ExplanationTarget Contrast(string targetColumn, string rivalColumn) => new ContrastTarget(targetColumn, rivalColumn);

    /// <summary>
    /// Of labels that do not exclude each other (<see cref="OutputKind.MultiLabel"/>): several of them jointly. The loss is the sum of their
    /// <c>-log p</c>. For a map of each alone: <see cref="Each"/> of <see cref="Class"/>.
    /// </summary>
    /// <param name="labels">The labels, counted from 0; at least one.</param>
    /// <exception cref="ArgumentException">There is none, one twice, or an index is negative.</exception>
    public static ExplanationTarget Labels(params IReadOnlyList<int> labels) => new LabelsTarget(LabelsTarget.Checked(labels), null);

    /// <summary>The same, of the labels that each row names.</summary>
    /// <param name="column">A column of vectors, one value for each label: above 0.5 where it is meant; in <see cref="AttributionRequest.Columns"/> <c>[N, labels]</c>.</param>
    public static ExplanationTarget LabelsOf(string column) => new LabelsTarget([], Checked(column));

    /// <summary>
    /// A number that the network gives (regression): what keeps it within a tolerance. The loss is half the square of (the output under the bottleneck less the
    /// output without it) / tolerance, in nats: of a normal distribution with that deviation. Reported are the outputs, as they are.
    /// </summary>
    /// <param name="index">Which of the network's outputs, counted from 0. Default 0.</param>
    /// <param name="tolerance">
    /// The deviation that costs half a nat, in the output's own unit; above 0. Null (default): a tenth of the output's standard deviation over the rows that
    /// Fit of the bottleneck measures; methods that need no statistics need none.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative, or the tolerance not above 0.</exception>
    public static ExplanationTarget Value(int index = 0, double? tolerance = null) => new ValueTarget(index, null, tolerance);

    /// <summary>The same, of an output that has a name (the option <c>ClassNames</c> of estimators).</summary>
    /// <param name="name">The name.</param>
    /// <param name="tolerance">The deviation that costs half a nat, in the output's own unit; above 0. Null (default): measured, as above.</param>
    public static ExplanationTarget Value(string name, double? tolerance = null) => new ValueTarget(0, name, tolerance);

    /// <summary>
    /// Of a network that gives class scores for each place (segmentation, <c>[N, classes, h, w]</c>): a class, over the places where the network predicts it. The
    /// loss is the mean of <c>-log p</c> over these places. Reported is the geometric mean of each class's probability over them. Other methods follow the mean
    /// logit of the class. A row where the network predicts the class nowhere cannot be explained.
    /// </summary>
    /// <param name="index">The class, counted from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative.</exception>
    public static ExplanationTarget Region(int index) => new RegionTarget(RegionPlaces.Predicted, index, []);

    /// <summary>The same, over the places that each row's mask names.</summary>
    /// <param name="maskColumn">
    /// A column of masks, above 0.5 inside, of the output's size or the input's; in <see cref="AttributionRequest.Columns"/> <c>[N, values]</c>.
    /// </param>
    /// <param name="index">The class. Null (default): the one that the network predicts in most places of the mask.</param>
    public static ExplanationTarget Region(string maskColumn, int? index = null) => new RegionTarget(RegionPlaces.Mask, index, [Checked(maskColumn)]);

    /// <summary>The same, at one place: the class that the network predicts there.</summary>
    /// <param name="x">The column of the place, in pixels of the network's input, counted from 0.</param>
    /// <param name="y">The row of the place.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public static ExplanationTarget RegionAt(int x, int y) => new RegionTarget(RegionPlaces.Point, null, [x, y]);

    /// <summary>The same, at the place that each row names.</summary>
    /// <param name="pointColumn">A column of vectors x, y, in pixels of the network's input; in <see cref="AttributionRequest.Columns"/> <c>[N, 2]</c>.</param>
    public static ExplanationTarget RegionAt(string pointColumn) => new RegionTarget(RegionPlaces.PointColumn, null, [Checked(pointColumn)]);

    /// <summary>
    /// A box of a detector: the class of the best one, or of the one that overlaps most with a given one. It is looked up once, in the prediction without
    /// bottleneck; suppression of overlapping boxes stays outside of the network. The loss is <c>-log p</c> of the box's class. Reported are the probabilities of
    /// the box's classes, and its place.
    /// </summary>
    /// <param name="layout">How the network writes its boxes.</param>
    /// <param name="column">
    /// A column of boxes, left, top, right, bottom, in the unit of the network's own; in <see cref="AttributionRequest.Columns"/> <c>[N, 4]</c>. Null (default): the
    /// best box, that of the highest probability. A row whose box overlaps with none cannot be explained.
    /// </param>
    /// <param name="keepsPlace">
    /// Whether the box's place is kept, too: half the square of each of its four numbers' deviation, in tenths of the box's width and height, is added to the
    /// loss. Default: false.
    /// </param>
    public static ExplanationTarget Box(BoxLayout layout, string? column = null, bool keepsPlace = false)
        => new BoxTarget(layout, column == null ? null : Checked(column), keepsPlace);

    /// <summary>
    /// Of a network that gives vectors <c>[N, D]</c>: what makes the row's vector like another one. The loss is 10 (1 - cosine). Reported is the cosine, and other
    /// methods follow it.
    /// </summary>
    /// <param name="column">A column of reference vectors, of the network's number of values; in <see cref="AttributionRequest.Columns"/> <c>[N, D]</c>.</param>
    public static ExplanationTarget SimilarTo(string column) => new EmbeddingTarget(Checked(column));

    /// <summary>A question of your own, as functions of the network's outputs. To be saved, <see cref="Register"/> what makes it.</summary>
    /// <param name="name">Its name, such as "brightness"; none of the library's.</param>
    /// <param name="score">
    /// What is explained, <c>[N, K]</c>, for K versions of N rows: higher where there is more of it. Differentiable, each value from its own row alone.
    /// </param>
    /// <param name="loss">
    /// What has to be low under a bottleneck, in nats, <c>[N, K]</c>. Null (default): how much the score falls below that without bottleneck.
    /// </param>
    /// <param name="columns">The columns of numbers that rows bring, in <see cref="AttributionRequest.Columns"/> <c>[N, values]</c>.</param>
    /// <exception cref="ArgumentException">The name is empty or the library's.</exception>
    /// <example>
    /// How dark the picture is that an autoencoder gives:
    /// <code language="csharp"><![CDATA[
    /// var darkness = ExplanationTarget.Custom("darkness", outputs => outputs.Values.flatten(2).mean([2]).neg());
    /// ExplanationTarget.Register("darkness", () => darkness);
    /// Console.WriteLine(ExplanationTarget.Parse("darkness").Name);
    /// ]]></code>
    /// </example>
    public static ExplanationTarget Custom(
        string name, Func<TargetOutputs, TorchSharp.torch.Tensor> score, Func<TargetOutputs, TorchSharp.torch.Tensor>? loss = null, params IReadOnlyList<string> columns)
    {
        CheckOwnName(name);
        ArgumentNullException.ThrowIfNull(score);
        ArgumentNullException.ThrowIfNull(columns);
        return new CustomTarget(name, score, loss, [.. columns.Select(Checked)]);
    }

    /// <summary>Makes a target of your own known by its name, so that model files with it can be saved and loaded. Needed once in every process.</summary>
    /// <param name="name">The name that <see cref="Custom"/> was given.</param>
    /// <param name="make">Makes the target.</param>
    /// <exception cref="ArgumentException">The name is empty or the library's.</exception>
    public static void Register(string name, Func<ExplanationTarget> make)
    {
        CheckOwnName(name);
        ArgumentNullException.ThrowIfNull(make);
        Registered[name] = make;
    }

    /// <summary>The target of a name.</summary>
    /// <param name="name">What <see cref="Name"/> gave.</param>
    /// <exception cref="ArgumentException">There is no target of that name.</exception>
    public static ExplanationTarget Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (TargetNames.Find(name) is { } target) return target;
        if (Registered.TryGetValue(name, out var make)) return make();
        throw new ArgumentException(
            $"No target is named '{name}'; there are {TargetNames.Known}{string.Concat(Registered.Keys.Order(StringComparer.Ordinal).Select(own => $", {own}"))}. " +
            $"One of your own is made known by {nameof(ExplanationTarget)}.{nameof(Register)}.",
            nameof(name));
    }

    internal static bool IsRegistered(string name) => Registered.ContainsKey(name);

    private static string Checked(string column)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(column);
        return column;
    }

    private static void CheckOwnName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (TargetNames.IsTaken(name)) throw new ArgumentException($"'{name}' is the name of a target of the library, or begins like one: choose another.", nameof(name));
    }
}
