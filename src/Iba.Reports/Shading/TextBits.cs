namespace Iba.Reports;

/// <summary>A stretch of a text, usually a word, and how much the classifier needed of it.</summary>
/// <param name="Start">Where it starts in the text, in UTF-16 characters.</param>
/// <param name="Length">How many characters it covers; 0 for tokens that the text does not have.</param>
/// <param name="Bits">Its bits.</param>
public readonly record struct TextBits(int Start, int Length, double Bits);
