using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>How much of each feature passes.</summary>
/// <param name="Lambda">The share of the feature, 0..1, <c>[N, ...]</c>.</param>
/// <param name="Kappa">The share of the noise, 1 - lambda, exact where lambda is almost 1.</param>
/// <param name="NegativeLogKappa"><c>-ln kappa</c>.</param>
internal sealed record Mask(Tensor Lambda, Tensor Kappa, Tensor NegativeLogKappa)
{
    /// <summary>The same, moved to the outer dispose scope.</summary>
    public Mask Keep()
    {
        Lambda.MoveToOuterDisposeScope();
        Kappa.MoveToOuterDisposeScope();
        NegativeLogKappa.MoveToOuterDisposeScope();
        return this;
    }
}
