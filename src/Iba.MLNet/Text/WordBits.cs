using System.Globalization;
using System.Text;

namespace Iba.MLNet;

/// <summary>A word of a text, and how much the classifier needed of it.</summary>
/// <param name="Word">The word as it stands in the text; "[CLS]" or "[SEP]" for a special token.</param>
/// <param name="Start">Where it starts in the text, in UTF-16 characters.</param>
/// <param name="Length">How many characters it covers; 0 for special tokens.</param>
/// <param name="Bits">The bits of all its pieces together.</param>
public sealed record WordBits(string Word, int Start, int Length, double Bits)
{
    /// <summary>Joins word pieces to words. A word is what BERT splits before it cuts pieces: punctuation stands alone.</summary>
    /// <param name="text">The text.</param>
    /// <param name="offsets">Start and length of each token, as <see cref="WordPieceEstimator"/> writes them.</param>
    /// <param name="bits">The bits of each token: the heat map.</param>
    /// <param name="includeSpecialTokens">
    /// Whether [CLS] and [SEP] are listed too, so that the bits add up to the heat map's sum. Default false.
    /// </param>
    /// <returns>The words in the order of the text; their bits add up to those of the tokens they are made of.</returns>
    /// <exception cref="ArgumentException">There are not two offsets for each token, or an offset lies outside the text.</exception>
    public static IReadOnlyList<WordBits> Join(
        string text, ReadOnlySpan<int> offsets, ReadOnlySpan<float> bits, bool includeSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (offsets.Length != 2 * bits.Length)
        {
            throw new ArgumentException($"{offsets.Length} offsets for {bits.Length} tokens: two are needed for each.", nameof(offsets));
        }

        var words = new List<WordBits>();
        for (int token = 0; token < bits.Length; token++)
        {
            var (start, length) = (offsets[2 * token], offsets[(2 * token) + 1]);
            if (start < 0 || length < 0 || start > text.Length - length)
            {
                throw new ArgumentException(
                    $"Token {token} covers {length} characters from {start}, but the text has {text.Length}: offsets and text belong to " +
                    "different rows.", nameof(offsets));
            }

            if (length == 0)
            {
                if (includeSpecialTokens) words.Add(new(token == 0 ? "[CLS]" : "[SEP]", start, 0, bits[token]));
            }
            else if (words.Count > 0 && words[^1] is { Length: > 0 } word && Continues(text, word, start))
            {
                int end = Math.Max(word.Start + word.Length, start + length);
                words[^1] = new(text[word.Start..end], word.Start, end - word.Start, word.Bits + bits[token]);
            }
            else
            {
                words.Add(new(text.Substring(start, length), start, length, bits[token]));
            }
        }

        return words;
    }

    // Pieces of one word touch (or share a character that became several); two words touch only at a character that stands alone.
    private static bool Continues(string text, WordBits word, int start)
    {
        int end = word.Start + word.Length;
        return start < end || (start == end && !StandsAlone(LastOf(text.AsSpan(word.Start, word.Length))) && !StandsAlone(RuneAt(text, start)));
    }

    private static bool StandsAlone(Rune rune) => TextCharacters.IsPunctuation(rune) || TextCharacters.IsChinese(rune);

    private static Rune RuneAt(string text, int index) => Rune.TryGetRuneAt(text, index, out var rune) ? rune : Rune.ReplacementChar;

    // Dropped characters (marks, format characters) hang on the end of a word and say nothing about it.
    private static Rune LastOf(ReadOnlySpan<char> word)
    {
        var last = Rune.ReplacementChar;
        foreach (var rune in word.EnumerateRunes())
        {
            if (!TextCharacters.IsDropped(rune) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark) last = rune;
        }

        return last;
    }
}
