namespace Iba.MLNet;

/// <summary>A token of a text.</summary>
/// <param name="Id">Its number in the vocabulary.</param>
/// <param name="Start">Where it starts in the original text, in UTF-16 characters.</param>
/// <param name="Length">How much of the original text it covers; 0 for special tokens.</param>
internal readonly record struct TextToken(int Id, int Start, int Length);
