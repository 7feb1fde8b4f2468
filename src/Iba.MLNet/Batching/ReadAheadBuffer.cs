using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Copies of the rows of one batch: what is computed from them, the columns that are passed on, and the rows' ids.</summary>
internal sealed class ReadAheadBuffer
{
    private readonly BatchComputation _batch;
    private readonly BufferedColumn?[] _columns;           // by input column; null where not buffered
    private readonly BufferedColumn<DataViewRowId> _ids;
    private readonly int _size;
    private ExceptionDispatchInfo? _failure;               // met at the row after the last one here

    /// <param name="cursor">Where rows come from.</param>
    /// <param name="batch">What is computed from them.</param>
    /// <param name="columns">The columns of the cursor to be passed on.</param>
    /// <param name="size">The number of rows.</param>
    public ReadAheadBuffer(DataViewRowCursor cursor, BatchComputation batch, IEnumerable<DataViewSchema.Column> columns, int size)
    {
        _batch = batch;
        _size = size;
        _columns = new BufferedColumn?[cursor.Schema.Count];
        foreach (var column in columns) _columns[column.Index] = BufferedColumn.Create(cursor, column, size);
        _ids = new BufferedColumn<DataViewRowId>(cursor.GetIdGetter(), size);
    }

    /// <summary>The number of rows that are here.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no more rows find room.</summary>
    public bool IsFull => Count == _size;

    /// <summary>Whether the cursor has no rows after these, or failed at the next one.</summary>
    public bool AreLast { get; private set; }

    /// <summary>Whether <see cref="Compute"/> was called for these rows.</summary>
    public bool AreComputed { get; private set; }

    /// <summary>Makes room for other rows.</summary>
    public void Clear()
    {
        Count = 0;
        AreComputed = false;
    }

    /// <summary>Copies the cursor's current row, which is here once <see cref="Add"/> was called.</summary>
    public void Read()
    {
        _batch.Read(Count);
        foreach (var column in _columns) column?.Read(Count);
        _ids.Read(Count);
    }

    /// <summary>Counts the row that was read.</summary>
    public void Add() => Count++;

    /// <summary>Notes that no rows come after these.</summary>
    /// <param name="failure">What the cursor threw at the next one; null: it came to its end.</param>
    public void End(ExceptionDispatchInfo? failure)
    {
        _failure = failure;
        AreLast = true;
    }

    /// <summary>Throws what the cursor threw at the row after the last one here, if it did.</summary>
    public void ThrowFailure() => _failure?.Throw();

    /// <summary>Computes the rows' added columns.</summary>
    /// <param name="before">The number of rows that the cursor computed before these.</param>
    public void Compute(long before)
    {
        _batch.Compute(Count, before);
        AreComputed = true;
    }

    public void GetId(int slot, ref DataViewRowId id) => _ids.Get(slot, ref id);

    /// <summary>A getter of an input column that is passed on.</summary>
    public Delegate MakeInputGetter(int inputColumn, Func<int> slot) => _columns[inputColumn]!.MakeGetter(slot);

    /// <summary>A getter of an added column.</summary>
    public Delegate MakeAddedGetter(int addedColumn, Func<int> slot) => _batch.MakeGetter(addedColumn, slot);
}
