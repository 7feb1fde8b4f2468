using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Several attributions of the same N rows, as one; as a whole it is the first of them. A row fails where it fails for any.</summary>
internal abstract class AttributionGroup : Attribution
{
    /// <param name="parts">The attributions, in their order.</param>
    /// <param name="failures">The rows that could not be explained.</param>
    private protected AttributionGroup(IReadOnlyList<Attribution> parts, IReadOnlyList<RowFailure> failures)
        : base(parts[0], parts[0].Tensors, failures) => Parts = parts;

    /// <summary>The attributions.</summary>
    public IReadOnlyList<Attribution> Parts { get; }

    /// <inheritdoc/>
    internal override IReadOnlyList<Tensor> Tensors => [.. Parts.SelectMany(part => part.Tensors)];

    /// <inheritdoc/>
    internal override Attribution With(IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures)
    {
        var parts = new List<Attribution>();
        int taken = 0;
        foreach (var part in Parts)
        {
            int count = part.Tensors.Count;
            parts.Add(part.With(tensors.Skip(taken).Take(count).ToArray(), failures));
            taken += count;
        }

        return Of(parts, failures);
    }

    /// <inheritdoc/>
    internal override Tensor FiniteRows() => Parts.Select(part => part.FiniteRows()).Aggregate((one, other) => one.logical_and(other));

    /// <inheritdoc/>
    internal override string NotFinite(long row) => Parts.First(part => !part.FiniteRows()[row].item<bool>()).NotFinite(row);

    /// <summary>The same kind of group.</summary>
    private protected abstract AttributionGroup Of(IReadOnlyList<Attribution> parts, IReadOnlyList<RowFailure> failures);
}
