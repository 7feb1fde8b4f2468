
namespace Iba.Torch;

/// <summary>
/// The heat map of one row of a padded batch, as if the row were alone: padding gets nothing, also where one position of the layer
/// stands for several values.
/// </summary>
internal static class SequenceHeatmap
{
    /// <summary>The number of the layer's positions that belong to a row, the rest is padding.</summary>
    /// <param name="values">The row's number of values, padding not counted.</param>
    /// <param name="positions">The number of positions in the batch.</param>
    /// <param name="batchValues">The number of values in the batch, a multiple of the positions.</param>
    public static int PositionsOf(int values, int positions, int batchValues)
    {
        int each = batchValues / positions;
        return Math.Min(positions, (values + each - 1) / each);
    }

    /// <summary>The map of a row's values; the sum of bits is that of its positions.</summary>
    /// <param name="bits">One value per position of the layer, 0 at padding.</param>
    /// <param name="exists">Which values of the padded row exist.</param>
    /// <param name="values">The row's number of values; those beyond the batch's length were cut off and get 0.</param>
    /// <param name="unit">The map's unit; without bits there is no sum to keep.</param>
    public static float[] Of(ReadOnlySpan<float> bits, ReadOnlySpan<bool> exists, int values, MapUnit unit = MapUnit.Bits)
    {
        float[] map = new float[values];
        int used = Math.Min(values, exists.Length), each = exists.Length / bits.Length;
        int first = exists[..used].IndexOf(true), last = exists[..used].LastIndexOf(true);
        if (first < 0) return map;

        // From the first to the last position that holds a value: what lies outside is padding, whoever wrote it.
        var own = bits[(first / each)..((last / each) + 1)];
        int start = first / each * each;
        var stretched = each == 1 ? own : unit == MapUnit.Bits ? Heatmap.Stretch(own, own.Length * each) : Repeat(own, each);
        double total = 0, kept = 0;
        foreach (float position in own) total += position;
        for (int i = first; i <= last; i++)
        {
            if (exists[i]) map[i] = stretched[i - start];
            kept += map[i];
        }

        // What fell on values that do not exist goes to the others.
        if (unit == MapUnit.Bits && kept > 0 && each > 1)
        {
            for (int i = first; i <= last; i++) map[i] = (float)(map[i] * (total / kept));
        }

        return map;
    }

    private static float[] Repeat(ReadOnlySpan<float> values, int times)
    {
        float[] repeated = new float[values.Length * times];
        for (int i = 0; i < repeated.Length; i++) repeated[i] = values[i / times];
        return repeated;
    }
}
