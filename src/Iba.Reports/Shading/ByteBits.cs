namespace Iba.Reports;

/// <summary>A byte of a file, and how much the classifier needed of it.</summary>
/// <param name="Offset">Where it stands in the file.</param>
/// <param name="Value">The byte.</param>
/// <param name="Bits">Its bits.</param>
public readonly record struct ByteBits(long Offset, byte Value, double Bits);
