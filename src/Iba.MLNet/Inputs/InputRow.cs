namespace Iba.MLNet;

/// <summary>All that the network and the bottleneck need of one row.</summary>
/// <param name="Identity">What the row is called in messages.</param>
/// <param name="Values">One value for each column of the <see cref="InputLayout"/>; null for a generated mask.</param>
/// <param name="Target">The class to explain; null: the predicted one.</param>
internal sealed record InputRow(RowIdentity Identity, IReadOnlyList<InputValue?> Values, long? Target)
{
    /// <summary>What the row brings for the target, see <see cref="TargetColumns"/>; often nothing.</summary>
    public IReadOnlyList<Array> TargetValues { get; init; } = [];
}
