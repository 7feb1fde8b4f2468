namespace Iba.Torch;

/// <summary>What the numbers at a classifier's output are.</summary>
public enum OutputKind
{
    /// <summary>
    /// Decided by looking: a final softmax means probabilities (it is cut off and the logits are used); otherwise outputs within
    /// 0..1 whose rows sum to 1 (within 1e-3) are probabilities and everything else is logits. A single output that the network does not
    /// call a probability is refused: it may be a logit or the value of a regression.
    /// </summary>
    Auto = 0,

    /// <summary>Unnormalised scores. The loss is the cross entropy of their softmax.</summary>
    Logits = 1,

    /// <summary>Probabilities. The loss is <c>-log p</c> of the target, with p clamped from below.</summary>
    Probabilities = 2,

    /// <summary>
    /// Independent probabilities, a sigmoid for each label: they need not sum to 1, and are not normalised. The loss is that of the
    /// target label alone, <c>-log p</c> with p clamped from below. A single output is the second of two classes.
    /// </summary>
    MultiLabel = 3,

    /// <summary>
    /// Numbers that are no class scores: the values of a regression, a vector that is compared with others. They are taken as they are, by targets such as
    /// <see cref="ExplanationTarget.Value(int, double?)"/> and <see cref="ExplanationTarget.Embedding"/>; no class can be explained.
    /// </summary>
    Values = 4,
}
