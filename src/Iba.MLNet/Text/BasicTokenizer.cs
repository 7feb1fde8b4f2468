using System.Buffers;
using System.Text;

namespace Iba.MLNet;

/// <summary>
/// BERT's basic tokenizer (Devlin et al. 2019): cleans text, splits it at white space, punctuation and Chinese characters and, for
/// uncased models, lowers it and takes its accents off. Every character remembers where in the text it came from.
/// <c>BertTokenizer</c> of Microsoft.ML.Tokenizers cannot serve here: its offsets are those of the normalised text, it drops tabs
/// and line ends instead of splitting at them, and it loses symbols such as emoji.
/// </summary>
internal static class BasicTokenizer
{
    /// <summary>A word, normalised, with the span in the original text of each of its UTF-16 characters.</summary>
    internal sealed class Word
    {
        private readonly StringBuilder _text = new();
        private readonly List<(int Start, int End)> _spans = [];

        public bool IsEmpty => _text.Length == 0;

        public override string ToString() => _text.ToString();

        /// <summary>The span in the original text of the characters <paramref name="from"/> up to, not including, <paramref name="to"/>.</summary>
        public (int Start, int End) Span(int from, int to) => (_spans[from].Start, _spans[to - 1].End);

        public void Add(Rune rune, int start, int end)
        {
            Span<char> characters = stackalloc char[2];
            int count = rune.EncodeToUtf16(characters);
            _text.Append(characters[..count]);
            for (int i = 0; i < count; i++) _spans.Add((start, end));
        }

        /// <summary>Lets the last character of the original text reach to <paramref name="end"/>: what follows it was dropped.</summary>
        public void Extend(int end)
        {
            int start = _spans[^1].Start;
            for (int i = _spans.Count - 1; i >= 0 && _spans[i].Start == start; i--) _spans[i] = (start, end);
        }
    }

    /// <summary>The words of a text, in order.</summary>
    /// <param name="text">The text. Lone surrogates, control characters and U+FFFD are dropped, as BERT does.</param>
    /// <param name="uncased">Whether to lower the text and take accents off.</param>
    public static IEnumerable<Word> Split(ReadOnlyMemory<char> text, bool uncased)
    {
        var word = new Word();
        var normalized = new List<Rune>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            bool valid = Rune.DecodeFromUtf16(text.Span[start..], out var rune, out int length) == OperationStatus.Done;
            end = start + length;

            bool space = valid && TextCharacters.IsWhiteSpace(rune);
            normalized.Clear();
            if (valid && !space && !TextCharacters.IsDropped(rune)) Normalize(rune, uncased, normalized);
            if (normalized.Count == 0 && !space)
            {
                if (!word.IsEmpty) word.Extend(end);
                continue;
            }

            bool alone = TextCharacters.IsChinese(rune);
            if ((space || alone) && !word.IsEmpty)
            {
                yield return word;
                word = new();
            }

            foreach (var part in normalized)
            {
                bool separate = alone || TextCharacters.IsPunctuation(part);
                if (separate && !word.IsEmpty)
                {
                    yield return word;
                    word = new();
                }

                word.Add(part, start, end);
                if (!separate) continue;
                yield return word;
                word = new();
            }
        }

        if (!word.IsEmpty) yield return word;
    }

    private static void Normalize(Rune rune, bool uncased, List<Rune> into)
    {
        if (!uncased)
        {
            into.Add(rune);
            return;
        }

        // First the accents, then the case: the capital I with a dot has a plain small form only without its dot.
        Accents.Strip(rune, into);
        for (int i = 0; i < into.Count; i++) into[i] = Rune.ToLowerInvariant(into[i]);
    }
}
