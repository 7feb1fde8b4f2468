using System.Globalization;

namespace Iba.MLNet;

/// <summary>
/// Where a fitted transformer comes from: enough to tell two apart, and to make one again. Saved with it. It has no date, so that equal fits give
/// equal files; and it is no signature: whoever changes a file can change it, too.
/// </summary>
public sealed class Provenance
{
    internal Provenance()
    {
    }

    /// <summary>
    /// The SHA-256 of the network as it is saved, 64 hexadecimal digits. A loaded file has been checked against it. Null: the network cannot be
    /// saved.
    /// </summary>
    public string? NetworkSha256 { get; internal init; }

    /// <summary>The layer at which the network is cut; null: at its input.</summary>
    public string? Layer { get; internal init; }

    /// <summary>The number of rows that Fit measured; null: the method measures none.</summary>
    public long? MeasuredRows { get; internal init; }

    /// <summary>The seed of the noise, also where Fit drew it; null: the method has none.</summary>
    public long? Seed { get; internal init; }

    /// <summary>The estimator's options, a line "name = value" each, by name; empty for files of earlier versions.</summary>
    public IReadOnlyList<string> Options { get; internal init; } = [];

    /// <summary>The version of this library at Fit, with the commit that it was built of; null for files of earlier versions.</summary>
    public string? LibraryVersion { get; internal init; }

    /// <summary>The version of libtorch at Fit; null for files of earlier versions.</summary>
    public string? TorchVersion { get; internal init; }

    /// <summary>All of it, a line each.</summary>
    public override string ToString() => string.Join('\n', new (string Name, string? Value)[]
    {
        (nameof(NetworkSha256), NetworkSha256),
        (nameof(Layer), Layer),
        (nameof(MeasuredRows), MeasuredRows?.ToString(CultureInfo.InvariantCulture)),
        (nameof(Seed), Seed?.ToString(CultureInfo.InvariantCulture)),
        (nameof(LibraryVersion), LibraryVersion),
        (nameof(TorchVersion), TorchVersion),
    }.Where(line => line.Value != null).Select(line => $"{line.Name}: {line.Value}").Concat(Options.Select(option => $"Options.{option}")));
}
