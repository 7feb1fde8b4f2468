namespace Iba.Torch;

/// <summary>What rows bring for a target.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="IsClass">Whether it holds a class, int64; else numbers, float.</param>
/// <param name="Count">How many numbers a row has; 0: the network says it.</param>
internal sealed record TargetColumn(string Name, bool IsClass, int Count = 0);
