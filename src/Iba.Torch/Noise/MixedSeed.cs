namespace Iba.Torch;

/// <summary>Seeds for libtorch's CPU generator, which uses 32 bits of what it is given.</summary>
internal static class MixedSeed
{
    /// <summary>All bits of a seed and of what is counted beneath it, mixed into 32 (the finaliser of SplitMix64).</summary>
    /// <param name="seed">The seed that a user chose.</param>
    /// <param name="index">A step, or the number of a mask; at least 0.</param>
    public static ulong Of(long seed, long index)
    {
        ulong bits = unchecked((ulong)seed + (((ulong)index + 1) * 0x9E3779B97F4A7C15));
        bits = unchecked((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9);
        bits = unchecked((bits ^ (bits >> 27)) * 0x94D049BB133111EB);
        return (bits ^ (bits >> 31)) & uint.MaxValue;
    }
}
