using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The curves of insertion and deletion, whatever is put in the place of positions.</summary>
internal static class PositionCurves
{
    /// <param name="rows">The rows.</param>
    /// <param name="maps">float <c>[N, positions...]</c>.</param>
    /// <param name="step">How many positions change from one point to the next, at least 1.</param>
    /// <param name="fills">What insertion begins with, and what deletion ends with; positions that do not exist stay as they are.</param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    public static IReadOnlyList<InsertionDeletionCurves> Measure(
        EvaluationRows rows, Tensor maps, int step, Func<EvaluationRow, (Tensor Into, Tensor To)> fills, CancellationToken cancellation)
    {
        return rows.Measure(maps, MeasureRow, Undefined, cancellation);

        InsertionDeletionCurves MeasureRow(EvaluationRow row, int index, double[] map)
        {
            int[] positions = row.Positions();
            if (positions.Length == 0) return Undefined();
            int[] order = [.. Ranking.Descending(Array.ConvertAll(positions, position => map[position])).Select(place => positions[place])];
            int[] places = Ranking.Places(order, map.Length), counts = Curve.Counts(order.Length, step);
            var (into, to) = fills(row);
            // Positions that do not exist are never put in: they must be there from the beginning.
            if (rows.Mask is not null) into = into.where(Shapes.BroadcastMask(rows.Mask.narrow(0, index, 1), row.Input, rows.ChannelDimension), row.Input);
            return new InsertionDeletionCurves(
                counts, row.Probabilities(places, counts, into, row.Input), row.Probabilities(places, counts, row.Input, to));
        }

        InsertionDeletionCurves Undefined()
        {
            int[] counts = [0, 1];
            return new InsertionDeletionCurves(counts, Curve.Undefined(2), Curve.Undefined(2));
        }
    }
}
