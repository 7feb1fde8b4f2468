namespace Iba.Torch;

/// <summary>The order of positions by their values; equal ones in their own order, whichever way is sorted.</summary>
internal static class Ranking
{
    /// <summary>Indices, the highest value first.</summary>
    public static int[] Descending(double[] values) => [.. Enumerable.Range(0, values.Length).OrderByDescending(index => values[index])];

    /// <summary>Indices, the lowest value first.</summary>
    public static int[] Ascending(double[] values) => [.. Enumerable.Range(0, values.Length).OrderBy(index => values[index])];

    /// <summary>At which place each index stands in an order.</summary>
    /// <param name="order">Indices, each once.</param>
    /// <param name="length">The number of indices that there are; those that are not in the order get <see cref="int.MaxValue"/>.</param>
    public static int[] Places(int[] order, int length)
    {
        int[] places = new int[length];
        Array.Fill(places, int.MaxValue);
        for (int place = 0; place < order.Length; place++) places[order[place]] = place;
        return places;
    }
}
