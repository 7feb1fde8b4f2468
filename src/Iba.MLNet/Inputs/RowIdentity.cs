namespace Iba.MLNet;

/// <summary>What messages call a row.</summary>
/// <param name="Position">The row's position in its view, from 0.</param>
/// <param name="Name">What the column says that names rows; null: there is none, or it is missing here.</param>
internal sealed record RowIdentity(long Position, string? Name)
{
    /// <summary>"Row 17", or "Row 17 (dog.jpg)".</summary>
    public override string ToString() => Name == null ? $"Row {Position}" : $"Row {Position} ({Name})";
}
