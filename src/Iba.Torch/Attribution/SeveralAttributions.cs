using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What several methods found for the same N rows; as a whole it is what the first one found. A row fails where it fails for any.</summary>
internal sealed class SeveralAttributions : Attribution
{
    /// <param name="parts">What each method found, in their order.</param>
    /// <param name="failures">The rows that could not be explained.</param>
    public SeveralAttributions(IReadOnlyList<Attribution> parts, IReadOnlyList<RowFailure>? failures = null)
        : base(parts[0], parts[0].Tensors, failures ?? []) => Parts = parts;

    /// <summary>What each method found.</summary>
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

        return new SeveralAttributions(parts, failures);
    }

    /// <inheritdoc/>
    internal override Tensor FiniteRows() => Parts.Select(part => part.FiniteRows()).Aggregate((one, other) => one.logical_and(other));

    /// <inheritdoc/>
    internal override string NotFinite(long row) => Parts.First(part => !part.FiniteRows()[row].item<bool>()).NotFinite(row);
}
