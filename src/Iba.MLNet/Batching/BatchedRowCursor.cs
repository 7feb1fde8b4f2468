using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Walks the input a batch ahead of the rows that it shows.</summary>
internal sealed class BatchedRowCursor : RootCursorBase
{
    private readonly BatchedRowView _view;
    private readonly IHost _host;
    private readonly Func<int, bool> _active;
    private readonly DataViewRowCursor _ahead;
    private readonly DataViewRowCursor? _along;            // at the shown row; only where values cannot be copied
    private readonly ValueGetter<DataViewRowId>? _alongId;
    private readonly BufferedColumn?[] _columns;           // by input column; null where not buffered
    private readonly BufferedColumn<DataViewRowId> _ids;
    private readonly RowBatch _batch;
    private readonly Delegate?[] _getters;                 // by added column; null where not active
    private int _slot = -1;
    private int _count;
    private bool _computed;
    private bool _atEnd;
    private bool _disposed;
    private ExceptionDispatchInfo? _failure;               // met while reading ahead; thrown when its row is reached

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

            _columns = new BufferedColumn?[source.Schema.Count];
            foreach (var column in buffered) _columns[column.Index] = BufferedColumn.Create(_ahead, column, view.BatchSize);
            _ids = new BufferedColumn<DataViewRowId>(_ahead.GetIdGetter(), view.BatchSize);
            _batch = view.MakeBatch(_ahead, IsAddedActive, view.BatchSize);
            _getters = new Delegate?[view.Bindings.AddedColumnIndices.Count];
            for (int added = 0; added < _getters.Length; added++)
            {
                if (IsAddedActive(added)) _getters[added] = _batch.MakeGetter(added, ComputedSlot);
            }
        }
        catch
        {
            _along?.Dispose();
            _ahead.Dispose();
            throw;
        }
    }

    public override DataViewSchema Schema => _view.OutputSchema;

    public override long Batch => 0;

    public override bool IsColumnActive(DataViewSchema.Column column)
    {
        Ch.CheckParam(column.Index < Schema.Count, nameof(column));
        return _active(column.Index);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter()
        => (ref DataViewRowId value) => _ids.Get(CurrentSlot(), ref value);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Ch.CheckParam(IsColumnActive(column), nameof(column), "Requested column is not active.");
        int index = _view.Bindings.MapColumnIndex(out bool isInput, column.Index);
        if (isInput && _columns[index] == null) return _along!.GetGetter<TValue>(_view.Source.Schema[index]);
        var getter = isInput ? _columns[index]!.MakeGetter(CurrentSlot) : _getters[index]!;
        return getter as ValueGetter<TValue> ?? throw Ch.Except(
            $"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{getter.GetType().GetGenericArguments()[0]}'.");
    }

    protected override bool MoveNextCore()
    {
        if (++_slot >= _count && !ReadAhead()) return false;
        if (_along == null) return true;

        DataViewRowId id = default, alongId = default;
        _ids.Get(_slot, ref id);
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
            _along?.Dispose();
            _ahead.Dispose();
        }

        _disposed = true;
        base.Dispose(disposing);
    }

    private bool ReadAhead()
    {
        _failure?.Throw();
        _slot = _count = 0;
        _computed = false;
        if (_atEnd) return false;
        _host.CheckAlive();
        try
        {
            while (_count < _view.BatchSize)
            {
                if (!_ahead.MoveNext())
                {
                    _atEnd = true;
                    break;
                }

                _batch.Read(_count);
                foreach (var column in _columns) column?.Read(_count);
                _ids.Read(_count);
                _count++;
            }
        }
        catch (Exception failure) when (_count > 0)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }

        return _count > 0;
    }

    private int CurrentSlot()
    {
        Ch.Check(IsGood && !_disposed, RowCursorUtils.FetchValueStateError);
        return _slot;
    }

    private int ComputedSlot()
    {
        int slot = CurrentSlot();
        if (!_computed)
        {
            _batch.Compute(_count);
            _computed = true;
        }

        return slot;
    }
}
