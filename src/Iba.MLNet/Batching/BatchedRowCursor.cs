using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Walks the input a batch ahead of the rows that it shows. The input is read (and its images decoded and prepared) on a thread of its own: the
/// next batch while one is computed; with batches of one row, each when it is asked for. Rows come in the order of the input, each read once.
/// </summary>
internal sealed class BatchedRowCursor : RootCursorBase
{
    private readonly BatchedRowView _view;
    private readonly IHost _host;
    private readonly Func<int, bool> _active;
    private readonly SourceReader _reader;
    private readonly ReadAheadBuffer[] _batches;           // the one that is shown, and the one that is read meanwhile
    private int _shown;
    private int _slot = -1;
    private long _computed;
    private bool _disposed;

    public BatchedRowCursor(BatchedRowView view, IHost host, Func<int, bool> active, bool[] activeInput, Random? rand)
        : base(host)
    {
        _view = view;
        _host = host;
        _active = active;
        var source = view.Source;
        bool IsAddedActive(int added) => active(view.Bindings.AddedColumnIndices[added]);
        var needed = view.Mapper.GetDependencies(IsAddedActive);
        var passedOn = source.Schema.Where(column => activeInput[column.Index]).ToArray();
        var cursor = source.GetRowCursor(source.Schema.Where(column => needed(column.Index) || activeInput[column.Index]), rand);
        try
        {
            _batches = [MakeBatch(), MakeBatch()];
        }
        catch
        {
            cursor.Dispose();
            throw;
        }

        _reader = new SourceReader(cursor);

        ReadAheadBuffer MakeBatch() => new(cursor, view.MakeBatch(cursor, IsAddedActive, view.BatchSize, source.GetRowCount()), passedOn, view.BatchSize);
    }

    public override DataViewSchema Schema => _view.OutputSchema;

    public override long Batch => 0;

    private ReadAheadBuffer Shown => _batches[_shown];

    private ReadAheadBuffer Next => _batches[1 - _shown];

    public override bool IsColumnActive(DataViewSchema.Column column)
    {
        Ch.CheckParam(column.Index < Schema.Count, nameof(column));
        return _active(column.Index);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter()
        => (ref DataViewRowId value) => Shown.GetId(CurrentSlot(), ref value);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Ch.CheckParam(IsColumnActive(column), nameof(column), "Requested column is not active.");
        int index = _view.Bindings.MapColumnIndex(out bool isInput, column.Index);
        var getters = Array.ConvertAll(_batches, batch => Typed(isInput ? batch.MakeInputGetter(index, CurrentSlot) : batch.MakeAddedGetter(index, ComputedSlot)));
        return (ref TValue value) => getters[_shown](ref value);

        ValueGetter<TValue> Typed(Delegate getter) => getter as ValueGetter<TValue> ?? throw Ch.Except(
            $"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{getter.GetType().GetGenericArguments()[0]}'.");
    }

    protected override bool MoveNextCore() => ++_slot < Shown.Count || ShowNextBatch();

    protected override void Dispose(bool disposing)
    {
        if (_disposed) return;
        if (disposing) _reader.Dispose();
        _disposed = true;
        base.Dispose(disposing);
    }

    private bool ShowNextBatch()
    {
        Shown.ThrowFailure();
        if (Shown.AreLast) return false;
        _host.CheckAlive();
        _reader.Begin(Next);
        // Where the batch is taken before it is full, the rows after it take the place of those that were shown.
        _reader.Take(Shown, _host.CheckAlive);
        _shown = 1 - _shown;
        _slot = 0;
        if (Shown.Count == 0) Shown.ThrowFailure();
        return Shown.Count > 0;
    }

    private int CurrentSlot()
    {
        Ch.Check(IsGood && !_disposed, RowCursorUtils.FetchValueStateError);
        return _slot;
    }

    private int ComputedSlot()
    {
        int slot = CurrentSlot();
        if (Shown.AreComputed) return slot;
        if (!Shown.AreLast && _view.BatchSize > 1) _reader.Begin(Next);
        Shown.Compute(_computed);
        _computed += Shown.Count;
        return slot;
    }
}
