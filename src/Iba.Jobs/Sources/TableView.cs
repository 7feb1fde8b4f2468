using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Jobs;

/// <summary>Rows out of an enumeration as a view, read once for every cursor, one after the other, nothing kept.</summary>
/// <param name="columns">The columns.</param>
/// <param name="open">Begins the rows anew: for each an array with a value per column.</param>
internal sealed class TableView(IReadOnlyList<TableColumn> columns, Func<IEnumerable<object?[]>> open) : IDataView
{
    /// <inheritdoc/>
    public DataViewSchema Schema { get; } = MakeSchema(columns);

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public long? GetRowCount() => null;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(this, columns, columnsNeeded.Select(column => column.Index).ToHashSet(), open());

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private static DataViewSchema MakeSchema(IReadOnlyList<TableColumn> columns)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in columns) builder.AddColumn(column.Name, column.Type);
        return builder.ToSchema();
    }

    private sealed class Cursor(TableView view, IReadOnlyList<TableColumn> columns, HashSet<int> active, IEnumerable<object?[]> rows) : DataViewRowCursor
    {
        private readonly IEnumerator<object?[]> _rows = rows.GetEnumerator();
        private long _position = -1;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override bool MoveNext()
        {
            if (!_rows.MoveNext()) return false;
            _position++;
            return true;
        }

        public override ValueGetter<T> GetGetter<T>(DataViewSchema.Column column)
            => columns[column.Index].MakeGetter(() => _rows.Current[column.Index]) as ValueGetter<T>
                ?? throw new InvalidOperationException($"Column '{column.Name}' is {column.Type}, and was asked for as {typeof(T).Name}.");

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _rows.Dispose();
            base.Dispose(disposing);
        }
    }
}
