namespace Iba.MLNet;

/// <summary>Where tokens of Microsoft.ML.Tokenizers stand in a text.</summary>
internal static class TokenPlace
{
    /// <summary>
    /// A token at its place in the text: without the white space that it begins with (nothing is left of white space alone), and with the whole
    /// of characters that it has some bytes of.
    /// </summary>
    public static TextToken Of(ReadOnlySpan<char> text, int id, Range range)
    {
        int start = range.Start.Value, end = range.End.Value;
        if (start > 0 && start < text.Length && char.IsLowSurrogate(text[start]) && char.IsHighSurrogate(text[start - 1])) start--;
        if (end > 0 && end < text.Length && char.IsLowSurrogate(text[end]) && char.IsHighSurrogate(text[end - 1])) end++;
        while (start < end && char.IsWhiteSpace(text[start])) start++;
        return new TextToken(id, start, end - start);
    }
}
