using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>The rows that one cursor computes together. Belongs to one cursor and one thread.</summary>
internal abstract class BatchComputation
{
    /// <summary>
    /// Reads the input's current row into slot <paramref name="index"/>. A row that cannot be read does not throw here: it is
    /// reported when its value is asked for, so that the other rows of the batch stay readable.
    /// </summary>
    public abstract void Read(int index);

    /// <summary>Computes slots 0 to <paramref name="count"/> - 1. Called at most once per batch, when the first value is asked for.</summary>
    /// <param name="count">The number of rows.</param>
    /// <param name="before">The number of rows that the cursor computed before these.</param>
    public abstract void Compute(int count, long before);

    /// <summary>A <see cref="ValueGetter{TValue}"/> of an added column.</summary>
    /// <param name="addedColumn">The column, counted among the added ones.</param>
    /// <param name="slot">Gives the slot of the current row, after seeing to it that the batch is computed.</param>
    public abstract Delegate MakeGetter(int addedColumn, Func<int> slot);
}
