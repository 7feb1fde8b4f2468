using System.Globalization;
using System.Text;

namespace Iba.MLNet;

/// <summary>The kinds of characters that BERT's basic tokenizer tells apart.</summary>
internal static class TextCharacters
{
    /// <summary>Spaces, tabs and line ends.</summary>
    public static bool IsWhiteSpace(Rune rune) => rune.Value is '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Control and format characters, private and unassigned ones, and the replacement character: left out of the text.</summary>
    public static bool IsDropped(Rune rune) => rune == Rune.ReplacementChar || (!IsWhiteSpace(rune) && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    /// <summary>Unicode's punctuation, and every ASCII character that is neither letter, digit nor space, such as <c>$</c> and <c>+</c>.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value > ' ' && rune.Value < 127 && !char.IsAsciiLetterOrDigit((char)rune.Value)
        : Rune.IsPunctuation(rune);

    /// <summary>Chinese characters (the CJK ideograph blocks, not kana or hangul): each is a word of its own.</summary>
    public static bool IsChinese(Rune rune) => rune.Value
        is (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2CEAF) or (>= 0x2F800 and <= 0x2FA1F);
}
