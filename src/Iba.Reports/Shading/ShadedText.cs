namespace Iba.Reports;

/// <summary>A text cut into its words and what stands between them, with their shades.</summary>
internal sealed class ShadedText
{
    /// <summary>Cuts a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="words">Its words in the order of the text, none reaching into the next.</param>
    /// <exception cref="ArgumentException">A word overlaps the one before it, or leaves the text.</exception>
    public ShadedText(string text, IReadOnlyList<TextBits> words)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(words);
        Scale = new BitsScale(words.Select(word => word.Bits).DefaultIfEmpty().Max());
        var stretches = new List<TextStretch>((2 * words.Count) + 1);
        int at = 0;
        for (int i = 0; i < words.Count; i++)
        {
            var (start, length, bits) = words[i];
            if (start < at || length < 0 || start > text.Length - length)
            {
                throw new ArgumentException(
                    $"Word {i} covers {length} characters from {start}, but the text has {text.Length} and the word before ends at {at}: pass "
                    + "words of this text, in its order, none reaching into the next.",
                    nameof(words));
            }

            stretches.Add(new(text[at..start], 0, null, Numbered: false));
            at = start + length;
            bool numbered = bits > 0 && bits >= Scale.Maximum / 10;
            stretches.Add(new(text[start..at], Scale.Level(bits), BitsScale.Format(bits), numbered));
        }

        stretches.Add(new(text[at..], 0, null, Numbered: false));
        Stretches = stretches;
    }

    /// <summary>The scale of its words.</summary>
    public BitsScale Scale { get; }

    /// <summary>Its parts: together they are the text.</summary>
    public IReadOnlyList<TextStretch> Stretches { get; }
}
