namespace ExplainTextClassification;

/// <summary>Sentences with a known answer: one word says the class, the others are drawn for all classes alike.</summary>
internal static class Sentences
{
    private static readonly (string Label, string[] Words)[] Classes =
        [("sports", ["referee", "goal"]), ("music", ["guitar", "melody"]), ("space", ["planet", "galaxy"]), ("medicine", ["doctor", "vaccine"])];

    private static readonly string[] Openings = ["On Monday", "After lunch", "Late at night", "In the old town", "Near the river", "Before dawn"];
    private static readonly string[] People = ["my neighbour", "the children", "a friend of ours", "two students", "her uncle"];
    private static readonly string[] Verbs = ["talked about", "asked about", "read about", "waited for", "dreamed of", "looked for"];
    private static readonly string[] Endings = ["again", "for hours", "without a word", "with joy", "in the garden", "as usual"];

    /// <summary>Whether a word is one that says a class.</summary>
    public static bool Says(string label, string word) => Classes.Any(known => known.Label == label && known.Words.Contains(word));

    /// <summary>Sentences of all classes in turn.</summary>
    public static Sentence[] Make(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var (label, words) = Classes[i % Classes.Length];
            return new Sentence { Label = label, Text = $"{Pick(Openings)} {Pick(People)} {Pick(Verbs)} the {Pick(words)} {Pick(Endings)}." };
        })];

        string Pick(string[] from) => from[random.Next(from.Length)];
    }
}

/// <summary>A row.</summary>
internal sealed class Sentence
{
    public string Label { get; set; } = "";

    public string Text { get; set; } = "";
}

/// <summary>A row that comes out of the pipeline.</summary>
internal sealed class Explained
{
    public string Text { get; set; } = "";

    public string PredictedLabel { get; set; } = "";

    /// <summary>Start and length of each token in the text.</summary>
    public int[] TokenOffsets { get; set; } = [];

    /// <summary>Bits per token.</summary>
    public float[] Bits { get; set; } = [];
}
