using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Walks the input a batch ahead of the rows that it shows. While a batch is computed, the next one is read (and its images decoded and
/// prepared) on another thread; batches of one row are read on the caller's. The input's cursor is never used by two threads at once, and
/// rows come in the same order as without.
/// </summary>
internal sealed class BatchedRowCursor : RootCursorBase
{
    private readonly BatchedRowView _view;
    private readonly IHost _host;
    private readonly Func<int, bool> _active;
    private readonly DataViewRowCursor _ahead;
    private readonly DataViewRowCursor? _along;            // at the shown row; only where values cannot be copied
    private readonly ValueGetter<DataViewRowId>? _alongId;
    private readonly ReadAheadBuffer[] _batches;               // the one that is shown, and the one that is read meanwhile
    private readonly CancellationTokenSource _cancel = new();
    private Task? _reading;                                // reads the batch that is not shown
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
        var buffered = source.Schema.Where(column => activeInput[column.Index] && column.Type.IsCacheable()).ToArray();
        var uncopied = source.Schema.Where(column => activeInput[column.Index] && !column.Type.IsCacheable()).ToArray();
        var ahead = source.Schema.Where(column => needed(column.Index) || buffered.Contains(column)).ToArray();

        _ahead = source.GetRowCursor(ahead, rand);
        try
        {
            if (uncopied.Length > 0)
            {
                _along = source.GetRowCursor(uncopied);
                _alongId = _along.GetIdGetter();
            }

            _batches = [MakeBatch(), MakeBatch()];
        }
        catch
        {
            _along?.Dispose();
            _ahead.Dispose();
            _cancel.Dispose();
            throw;
        }

        ReadAheadBuffer MakeBatch() => new(_ahead, view.MakeBatch(_ahead, IsAddedActive, view.BatchSize), buffered, view.BatchSize);
    }

    public override DataViewSchema Schema => _view.OutputSchema;

    public override long Batch => 0;

    private ReadAheadBuffer Shown => _batches[_shown];

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
        if (isInput && !Shown.Holds(index)) return _along!.GetGetter<TValue>(_view.Source.Schema[index]);
        var getters = Array.ConvertAll(_batches, batch => Typed(isInput ? batch.MakeInputGetter(index, CurrentSlot) : batch.MakeAddedGetter(index, ComputedSlot)));
        return (ref TValue value) => getters[_shown](ref value);

        ValueGetter<TValue> Typed(Delegate getter) => getter as ValueGetter<TValue> ?? throw Ch.Except(
            $"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{getter.GetType().GetGenericArguments()[0]}'.");
    }

    protected override bool MoveNextCore()
    {
        if (++_slot >= Shown.Count && !ShowNextBatch()) return false;
        if (_along == null) return true;

        DataViewRowId id = default, alongId = default;
        Shown.GetId(_slot, ref id);
        bool same = _along.MoveNext();
        if (same) _alongId!(ref alongId);
        Ch.Check(same && alongId.Equals(id), "The input gave other rows when read a second time; cache it first.");
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed) return;
        if (disposing)
        {
            _cancel.Cancel();
            _reading?.Wait();
            _along?.Dispose();
            _ahead.Dispose();
            _cancel.Dispose();
        }

        _disposed = true;
        base.Dispose(disposing);
    }

    private bool ShowNextBatch()
    {
        Shown.ThrowFailure();
        if (Shown.AreLast) return false;
        _host.CheckAlive();
        if (_reading is { } reading)
        {
            reading.Wait();
            _reading = null;
            _shown = 1 - _shown;
        }
        else
        {
            Shown.Read();
        }

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
        if (!Shown.AreLast && _reading == null && _view.BatchSize > 1)
        {
            var next = _batches[1 - _shown];
            _reading = Task.Run(() => next.Read(_cancel.Token));
        }

        Shown.Compute(_computed);
        _computed += Shown.Count;
        return slot;
    }
}
