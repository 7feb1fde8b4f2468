namespace Iba.Torch;

/// <summary>Sizes that are tried where a declared shape leaves dimensions open. Two of them tell which sizes of a layer follow the input's.</summary>
internal static class TrialSizes
{
    public const long Small = 224;
    public const long Large = 256;

    /// <summary>Whether a shape leaves dimensions behind the batch open.</summary>
    public static bool AreOpen(IReadOnlyList<long> shape) => shape.Skip(1).Any(size => size < 0);

    /// <summary>The shape with a size in place of what is open.</summary>
    public static IReadOnlyList<long> Fill(IReadOnlyList<long> shape, long size) => shape.Select(known => known < 0 ? size : known).ToArray();

    /// <summary>A layer's shape from two trials: -1 where they differ.</summary>
    public static IReadOnlyList<long> Merge(IReadOnlyList<long> one, IReadOnlyList<long> other) => one.Zip(other, (a, b) => a == b ? a : -1).ToArray();
}
