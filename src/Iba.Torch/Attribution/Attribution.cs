using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What an <see cref="AttributionMethod"/> found for N rows. Rows in <see cref="Failures"/> hold NaN.</summary>
public class Attribution : IDisposable
{
    /// <summary>What was found in one pass.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="map">
    /// One value per position, <c>[N, positions...]</c>, on the positions that <see cref="AttributionPass.Arrange"/> gave; <c>[N]</c> for
    /// features without positions. Padding becomes 0, see <see cref="AttributionPass.Mask"/>.
    /// </param>
    /// <exception cref="ArgumentException">The map has not one value per position that is left.</exception>
    public Attribution(AttributionPass pass, Tensor map)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(map);
        using var grad = no_grad();
        long[] expected = pass.MapShape;
        if (!map.shape.SequenceEqual(expected))
        {
            throw new ArgumentException(
                $"The map of '{pass.Method.Name}' is {Shapes.Format(map.shape)}; expected {Shapes.Format(expected)}, one value per position, as " +
                $"{nameof(AttributionPass)}.{nameof(AttributionPass.Arrange)} lays them.",
                nameof(map));
        }

        Unit = pass.Method.Unit;
        IsSigned = pass.Method.IsSigned;
        // A handle of its own, without history: the method may hand on a part of the features, which belong to the caller.
        Map = pass.ArrangedMask is { } mask ? map.detach().where(mask.to(map.device), zeros_like(map)) : map.detach();
        var question = pass.Question;
        Probabilities = question.IsLogarithmic ? question.Report(question.Clean) : question.Report(question.Clean).clone();
        Targets = question.Targets.alias();
        Boxes = question.Boxes.clone();
    }

    private protected Attribution(Attribution of, IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures)
    {
        Unit = of.Unit;
        IsSigned = of.IsSigned;
        (Map, Probabilities, Targets, Boxes) = (tensors[0], tensors[1], tensors[2], tensors[3]);
        Failures = failures;
    }

    /// <summary>What the values of <see cref="Map"/> mean.</summary>
    public MapUnit Unit { get; }

    /// <summary>Whether values below 0 mean something: that a place spoke against the target.</summary>
    public bool IsSigned { get; }

    /// <summary>
    /// One value per position at the cut, <c>[N, h, w]</c>, <c>[N, l]</c> or <c>[N]</c>, in <see cref="Unit"/>; of the type that it was
    /// computed in.
    /// </summary>
    public Tensor Map { get; }

    /// <summary>
    /// The network's prediction, class probabilities <c>[N, classes]</c>; two classes for a network with a single output. Of targets that are no classes, what they
    /// report: values of a regression, a cosine.
    /// </summary>
    public Tensor Probabilities { get; }

    /// <summary>The class explained in each row, int64 <c>[N]</c>; an index into <see cref="Probabilities"/>.</summary>
    public Tensor Targets { get; }

    /// <summary>
    /// The box explained in each row, left, top, right, bottom, in the unit of the network's boxes, <c>[N, 4]</c>; <c>[N, 0]</c> for other targets than
    /// <see cref="ExplanationTarget.Box"/>.
    /// </summary>
    public Tensor Boxes { get; }

    /// <summary>
    /// What was found for each question of <see cref="ExplanationTarget.Each"/> or <see cref="ExplanationTarget.TopClasses"/>, in their order; the attribution itself is
    /// that of the first. Other targets have one question. Disposed with this.
    /// </summary>
    public virtual IReadOnlyList<Attribution> Questions => [this];

    /// <summary>The rows that could not be explained, and why; usually empty.</summary>
    public IReadOnlyList<RowFailure> Failures { get; internal set; } = [];

    /// <summary>
    /// The maps at the input's size. Bits are stretched with their total conserved (see <see cref="Heatmap.Resize"/>); other units are
    /// interpolated linearly between the centres of the positions.
    /// </summary>
    /// <param name="size">
    /// <c>[H, W]</c> or <c>[L]</c>, as many dimensions as the map has positions in; a map without positions fits any size. Empty: the map's own.
    /// </param>
    /// <returns>float32 <c>[N, ...size]</c>; disposed by the caller.</returns>
    /// <exception cref="ArgumentException">The size does not fit the map.</exception>
    public Tensor ToMap(params ReadOnlySpan<long> size) => MapResizing.Resize(Map, Unit, size);

    /// <summary>Throws when a row could not be explained.</summary>
    /// <exception cref="InvalidOperationException">Names every such row and what is wrong with it.</exception>
    public void ThrowIfFailed()
    {
        if (Failures.Count == 0) return;
        var sentences = Failures.Select(failure => $"Row {failure.Row} could not be explained: {failure.Reason}.");
        throw new InvalidOperationException(string.Join(" ", sentences));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes the tensors.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (var tensor in Tensors) tensor.Dispose();
    }

    /// <summary>All tensors, each with one row per row of the batch, in the order that <see cref="With"/> takes them.</summary>
    internal virtual IReadOnlyList<Tensor> Tensors => [Map, Probabilities, Targets, Boxes];

    /// <summary>The same kind of result with other tensors.</summary>
    internal virtual Attribution With(IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures) => new(this, tensors, failures);

    /// <summary>Which rows have nothing but finite values, bool <c>[N]</c>.</summary>
    internal virtual Tensor FiniteRows() => Map.reshape(Map.shape[0], -1).isfinite().all(1);

    /// <summary>Why a row with finite features has values that are not finite, as a sentence's end.</summary>
    internal virtual string NotFinite(long row) => "its map holds NaN or infinity: check the network after the layer";

    /// <summary>One result of several, row after row.</summary>
    internal static Attribution Join(IReadOnlyList<Attribution> parts)
    {
        var tensors = parts.Select(part => part.Tensors).ToArray();
        return parts.Count == 1
            ? parts[0]
            : parts[0].With(
                Enumerable.Range(0, tensors[0].Count).Select(index => cat(tensors.Select(part => part[index]).ToArray(), 0)).ToArray(),
                parts.SelectMany(part => part.Failures).ToArray());
    }
}
