using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>How much of each feature passes.</summary>
/// <param name="Lambda">The share of the feature, 0..1, <c>[N, ...]</c>.</param>
/// <param name="Kappa">The share of the noise, 1 - lambda, exact where lambda is almost 1.</param>
/// <param name="NegativeLogKappa"><c>-ln kappa</c>.</param>
internal sealed record Mask(Tensor Lambda, Tensor Kappa, Tensor NegativeLogKappa)
{
    /// <summary>The same values without gradient, moved to the outer dispose scope.</summary>
    public Mask Detach() => new(Keep(Lambda), Keep(Kappa), Keep(NegativeLogKappa));

    private static Tensor Keep(Tensor tensor) => tensor.detach().MoveToOuterDisposeScope();
}
