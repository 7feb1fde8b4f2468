namespace Iba.MLNet;

/// <summary>
/// How much a model file may hold. A file of a few megabytes can unpack to gigabytes: what exceeds a limit is refused by name, before memory is
/// taken for it.
/// </summary>
public sealed class LoadLimits
{
    /// <summary>Entries up to this size may be as compressed as they like.</summary>
    private const long FreelyExpanded = 1 << 24;

    /// <summary>
    /// The limits of <c>mlContext.Model.Load</c>, which takes no options of ours. It unpacks an entry into a temporary file before this library
    /// sees it, so that <see cref="MaximumExpansion"/> holds for <c>IbaTransformer.Load</c> and <c>AttributionTransformer.Load</c> alone.
    /// </summary>
    public static LoadLimits Default
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>The size of the network, unpacked, in bytes. At least 1; default 2,147,483,648 (2 GiB, as much as one ONNX file can hold).</summary>
    public long MaximumNetworkBytes { get; init => field = Checked(value, nameof(MaximumNetworkBytes)); } = 1L << 31;

    /// <summary>
    /// The size of the statistics of the layer, unpacked, in bytes; they take 9 for each neuron. At least 1; default 268,435,456 (256 MiB).
    /// </summary>
    public long MaximumStatisticsBytes { get; init => field = Checked(value, nameof(MaximumStatisticsBytes)); } = 1L << 28;

    /// <summary>The size of a trained readout with its statistics, unpacked, in bytes. At least 1; default 268,435,456 (256 MiB).</summary>
    public long MaximumReadoutBytes { get; init => field = Checked(value, nameof(MaximumReadoutBytes)); } = 1L << 28;

    /// <summary>The size of settings, names of classes among them, and of any other entry, in bytes. At least 1; default 16,777,216 (16 MiB).</summary>
    public long MaximumSettingsBytes { get; init => field = Checked(value, nameof(MaximumSettingsBytes)); } = 1L << 24;

    /// <summary>
    /// How many times its size in the file an entry may have, unpacked, where that is more than 16 MiB. At least 1; default 32. Weights
    /// hardly shrink in a zip; zeros shrink to a thousandth.
    /// </summary>
    public int MaximumExpansion { get; init => field = (int)Checked(value, nameof(MaximumExpansion)); } = 32;

    /// <summary>Checks the size of an entry.</summary>
    /// <param name="name">The entry's name, without folders.</param>
    /// <param name="bytes">Its size, unpacked.</param>
    /// <param name="packed">Its size in the file; null: not known.</param>
    /// <exception cref="InvalidDataException">It is beyond a limit.</exception>
    internal void Check(string name, long bytes, long? packed = null)
    {
        var (most, limit) = name switch
        {
            ModelEntries.Network => (MaximumNetworkBytes, nameof(MaximumNetworkBytes)),
            ModelEntries.Statistics or ModelEntries.FurtherLayers => (MaximumStatisticsBytes, nameof(MaximumStatisticsBytes)),
            ModelEntries.Readout => (MaximumReadoutBytes, nameof(MaximumReadoutBytes)),
            _ => (MaximumSettingsBytes, nameof(MaximumSettingsBytes)),
        };
        if (bytes > most)
        {
            throw new InvalidDataException(
                $"its entry '{name}' has {bytes} bytes, more than the {most} that are allowed. If you trust whoever made the file, raise {nameof(LoadLimits)}.{limit}");
        }

        if (bytes > FreelyExpanded && packed is { } size && bytes / MaximumExpansion > size)
        {
            throw new InvalidDataException(
                $"its entry '{name}' would grow from {size} to {bytes} bytes, more than {MaximumExpansion} times. If you trust whoever made the file, raise " +
                $"{nameof(LoadLimits)}.{nameof(MaximumExpansion)}");
        }
    }

    private static long Checked(long value, string name)
        => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; allowed: at least 1.");
}
