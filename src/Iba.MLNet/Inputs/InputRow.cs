namespace Iba.MLNet;

/// <summary>All that the network and the bottleneck need of one row.</summary>
/// <param name="Position">The row's position in its view, for messages.</param>
/// <param name="Values">One value for each column of the <see cref="InputLayout"/>; null for a generated mask.</param>
/// <param name="Target">The class to explain; null: the predicted one.</param>
/// <param name="OwnName">What the row is called beside its number, such as the path of its picture; null: nothing.</param>
internal sealed record InputRow(long Position, IReadOnlyList<InputValue?> Values, long? Target, string? OwnName = null)
{
    /// <summary>The row, for messages.</summary>
    public string Name => NameOf(Position, OwnName);

    public static string NameOf(long position, string? ownName) => ownName == null ? $"Row {position}" : $"Row {position} ('{ownName}')";
}
