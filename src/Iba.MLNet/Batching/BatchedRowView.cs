using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// What a transformer of attributions returns: a view like ML.NET's own <see cref="RowToRowMapperTransform"/> (which it
/// wraps for everything else), but its cursors read several rows ahead and compute them together. Nothing is computed unless an
/// added column is active and its value asked for.
/// </summary>
internal sealed class BatchedRowView : RowToRowTransformBase, IRowToRowMapper, ITransformTemplate
{
    /// <summary>Makes the batch of one cursor; the predicate says which added columns are active, the total how many rows there are, if that is known.</summary>
    public delegate BatchComputation BatchFactory(DataViewRow row, Func<int, bool> active, int size, long? totalRows);

    private readonly RowToRowMapperTransform _rows;
    private readonly Func<DataViewSchema, IRowMapper> _mapperFactory;
    private readonly Action _check;

    /// <param name="host">For messages and cancellation.</param>
    /// <param name="input">The rows.</param>
    /// <param name="mapperFactory">Binds to a schema; works row by row.</param>
    /// <param name="batchSize">How many rows are computed together.</param>
    /// <param name="check">Called once for each cursor with added columns; throws where they cannot be computed any more.</param>
    /// <param name="makeBatch">Makes the batches of a cursor, of which it has several.</param>
    public BatchedRowView(
        IHost host, IDataView input, Func<DataViewSchema, IRowMapper> mapperFactory, int batchSize, Action check, BatchFactory makeBatch)
        : base(host, input)
    {
        _mapperFactory = mapperFactory;
        _check = check;
        Mapper = mapperFactory(input.Schema);
        _rows = new RowToRowMapperTransform(host, input, Mapper, mapperFactory);
        Bindings = new ColumnBindings(input.Schema, Mapper.GetOutputColumns());
        BatchSize = batchSize;
        MakeBatch = makeBatch;
    }

    public IRowMapper Mapper { get; }

    public ColumnBindings Bindings { get; }

    public int BatchSize { get; }

    public BatchFactory MakeBatch { get; }

    // The wrapped view's cursors are handed out as they are, and a cursor's schema must be the same object as its view's.
    public override DataViewSchema OutputSchema => _rows.OutputSchema;

    public DataViewSchema InputSchema => Source.Schema;

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => ((IRowToRowMapper)_rows).GetDependencies(dependingColumns);

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        => ((IRowToRowMapper)_rows).GetRow(input, activeColumns);

    // Without this, applying the view to other data would go through saving and loading the network.
    IDataTransform ITransformTemplate.ApplyToData(IHostEnvironment env, IDataView newSource)
        => new BatchedRowView(Host, newSource, _mapperFactory, BatchSize, _check, MakeBatch);

    protected override void SaveModel(ModelSaveContext ctx) => ((ICanSaveModel)_rows).Save(ctx);

    // The batch is the unit of work; several cursors would only wait for the one network.
    protected override bool? ShouldUseParallelCursors(Func<int, bool> predicate)
        => Bindings.AddedColumnIndices.Any(predicate) ? false : null;

    protected override DataViewRowCursor GetRowCursorCore(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var columns = columnsNeeded.ToArray();
        var active = RowCursorUtils.FromColumnsToPredicate(columns, OutputSchema);
        if (!Bindings.AddedColumnIndices.Any(active)) return _rows.GetRowCursor(columns, rand);

        // The source is read once, since it may give other rows a second time, or none. What cannot be copied is read at its own row: then
        // rows are taken singly (by a cursor of ML.NET's, which for columns that can be copied would compute them on several threads ahead
        // of the reader).
        bool[] activeInput = Bindings.GetActiveInput(active);
        foreach (var column in Source.Schema)
        {
            if (!activeInput[column.Index] || BufferedColumn.CanCopy(column.Type)) continue;
            TellOfSingleRows(column);
            return _rows.GetRowCursor(columns, rand);
        }

        _check();
        return new BatchedRowCursor(this, Host, active, activeInput, rand);
    }

    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var columns = columnsNeeded.ToArray();
        var active = RowCursorUtils.FromColumnsToPredicate(columns, OutputSchema);
        return Bindings.AddedColumnIndices.Any(active)
            ? [GetRowCursor(columns, rand)]
            : _rows.GetRowCursorSet(columns, n, rand);
    }

    private void TellOfSingleRows(DataViewSchema.Column column)
    {
        if (BatchSize == 1) return;
        using var channel = Host.Start("Explain");
        channel.Warning(
            "Column '{0}' holds {1}, which cannot be copied: rows are explained one by one, and none is read ahead. Leave the column out to have them in batches of {2}.",
            column.Name, column.Type, BatchSize);
    }
}
