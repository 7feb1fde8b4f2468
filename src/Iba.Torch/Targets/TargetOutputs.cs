using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What the functions of a target of your own are told: the network's outputs for K versions of N rows, and what the rows bring.</summary>
public sealed class TargetOutputs
{
    private readonly IReadOnlyDictionary<string, Tensor>? _columns;

    internal TargetOutputs(Tensor values, Tensor clean, IReadOnlyDictionary<string, Tensor>? columns) => (Values, Clean, _columns) = (values, clean, columns);

    /// <summary>The outputs of K versions of each row, <c>[N, K, ...]</c>; gradients flow back from it.</summary>
    public Tensor Values { get; }

    /// <summary>The outputs of the rows as they are, <c>[N, ...]</c>.</summary>
    public Tensor Clean { get; }

    /// <summary>What the rows bring in a column, float <c>[N, values]</c>.</summary>
    /// <param name="name">A name that <see cref="ExplanationTarget.Custom"/> was given.</param>
    /// <exception cref="ArgumentException">The target has no such column.</exception>
    public Tensor Column(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _columns is not null && _columns.TryGetValue(name, out var column)
            ? column.to(Values.device)
            : throw new ArgumentException($"The target has no column '{name}': name it where the target is made.", nameof(name));
    }
}
