namespace Iba.Onnx;

/// <summary>What the name of an output says about it.</summary>
internal static class OutputNames
{
    private static readonly string[] Scores = ["logits", "scores", "score", "output", "probabilities", "probability", "probs", "prob", "classes", "class"];

    private static readonly string[] PartsOfScores = ["logit", "score", "prob", "class", "softmax", "predict"];

    private static readonly string[] PartsOfOthers =
        ["embed", "feature", "hidden", "box", "mask", "attention", "attn", "pool", "state", "cache", "loss", "landmark", "keypoint", "anchor", "uncertainty"];

    /// <summary>The rank of names of what networks give beside their classes.</summary>
    public const int Others = 3;

    /// <summary>0: names like logits; 1: those that hold such a word; 2: any; <see cref="Others"/>.</summary>
    public static int Rank(string name)
    {
        // TensorFlow counts a node's outputs behind a colon.
        string word = name.Split(':')[0];
        if (Scores.Contains(word, StringComparer.OrdinalIgnoreCase)) return 0;
        if (Contains(PartsOfOthers)) return Others;
        return Contains(PartsOfScores) ? 1 : 2;

        bool Contains(string[] parts) => parts.Any(part => word.Contains(part, StringComparison.OrdinalIgnoreCase));
    }
}
