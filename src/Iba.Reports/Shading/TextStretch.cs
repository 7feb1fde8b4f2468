namespace Iba.Reports;

/// <summary>A part of a text in one shade.</summary>
/// <param name="Text">Its characters; may be none.</param>
/// <param name="Level">Its shade on the text's <see cref="BitsScale"/>; 0 between words.</param>
/// <param name="Bits">The bits of a word as they are written; null between words.</param>
/// <param name="Numbered">Whether the bits are to be read beside the word: at least a tenth of the most.</param>
internal readonly record struct TextStretch(string Text, int Level, string? Bits, bool Numbered);
