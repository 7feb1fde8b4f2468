using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Iba.MLNet;

/// <summary>Reads what the network needs of each row of a cursor.</summary>
internal sealed class InputRowReader
{
    private readonly IHost _host;
    private readonly InputLayout _layout;
    private readonly InputReader?[] _readers;
    private readonly string? _labelColumnName;
    private readonly TargetReader? _target;
    private readonly (string Name, Func<Array> Read)[] _targetColumns;
    private readonly bool _readsIds;
    private readonly RowIdentityReader _identities;
    private bool _toldOfCut;

    /// <param name="host">For messages.</param>
    /// <param name="layout">The network's inputs.</param>
    /// <param name="labelColumnName">The column with the class to explain; null: none is read.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="classNames">The names of the classes; null: there are none.</param>
    /// <param name="inputs">The network's inputs.</param>
    /// <param name="row">The cursor.</param>
    /// <param name="rowIdColumnName">The column that names rows, see <see cref="RowIdentityReader"/>; null: that of the paths, if there is one.</param>
    /// <param name="targetColumns">What rows bring for the target beside labels; null: nothing.</param>
    public InputRowReader(
        IHost host, InputLayout layout, string? labelColumnName, int classCount, IReadOnlyList<string>? classNames, IReadOnlyList<NetworkInput> inputs,
        DataViewRow row, string? rowIdColumnName, IReadOnlyList<TargetColumn>? targetColumns = null)
    {
        _host = host;
        _layout = layout;
        _identities = new RowIdentityReader(row, rowIdColumnName ?? layout.PathColumnName);
        _readers = layout.Columns
            .Select(input => input.ColumnName == null ? null : InputReader.Create(input, row, row.Schema[input.ColumnName], layout))
            .ToArray();
        _labelColumnName = labelColumnName;
        _target = labelColumnName == null ? null : TargetReader.Create(row, row.Schema[labelColumnName], new LabelClasses(classNames, classCount));
        _targetColumns = TargetColumns.Readers(row, targetColumns ?? [], new LabelClasses(classNames, classCount));
        _readsIds = inputs[layout.Explained].ElementType is ScalarType.Int64 or ScalarType.Int32 or ScalarType.Int16 or ScalarType.Int8 or ScalarType.Byte
            && layout.ExplainedColumn.HoldsTokens;
    }

    /// <summary>What the row that was read last is called; null: none was.</summary>
    public RowIdentity? Identity { get; private set; }

    /// <summary>Reads the current row.</summary>
    /// <exception cref="InvalidOperationException">A value is missing, unreadable or does not fit; the message names row and column.</exception>
    public InputRow Read()
    {
        Identity = _identities.Read();
        var values = new InputValue?[_readers.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (_readers[i] is { } reader) values[i] = Read(_layout.Columns[i].ColumnName!, reader.Read);
        }

        CheckLengths(values);
        CheckIds(values[_layout.Explained]!);
        TellOfCut(values[_layout.Explained]!);
        return new InputRow(Identity, values, _target == null ? null : Read(_labelColumnName!, _target.Read))
        {
            TargetValues = _targetColumns.Length == 0 ? [] : Array.ConvertAll(_targetColumns, column => Read(column.Name, column.Read)),
        };
    }

    private T Read<T>(string column, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException problem)
        {
            throw _host.Except($"{Identity}: column '{column}' {problem.Message}.");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw _host.Except(failure, $"{Identity}: column '{column}' cannot be read: {failure.Message}");
        }
    }

    // ONNX counts negative indices from the end of the vocabulary: such an id would be taken for another one.
    private void CheckIds(InputValue explained)
    {
        if (!_readsIds || explained.Values is not long[] ids) return;
        int negative = Array.FindIndex(ids, id => id < 0);
        if (negative >= 0)
        {
            throw _host.Except(
                $"{Identity}: column '{_layout.ExplainedColumn.ColumnName}' has {ids[negative]} at index {negative}; ids are at least 0.");
        }
    }

    private void TellOfCut(InputValue explained)
    {
        if (_toldOfCut || !_layout.ExplainedColumn.IsVariable || _layout.MaximumLength == 0 || explained.Length <= _layout.MaximumLength) return;
        _toldOfCut = true;
        using var channel = _host.Start("Read");
        channel.Warning(
            "{0}: column '{1}' has {2} values, of which the first {3} are used; the others get 0 bits. Further rows are cut without a warning.",
            Identity!, _layout.ExplainedColumn.ColumnName!, explained.Length, _layout.MaximumLength);
    }

    // Integer inputs run along the same positions: a mask of another length would mask the wrong ones.
    private void CheckLengths(InputValue?[] values)
    {
        var explained = _layout.ExplainedColumn;
        if (!explained.IsVariable) return;
        int length = values[_layout.Explained]!.Length;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is { } value && _layout.Columns[i].IsVariable && value.Length != length)
            {
                throw _host.Except(
                    $"{Identity}: column '{_layout.Columns[i].ColumnName}' has {value.Length} values where column " +
                    $"'{explained.ColumnName}' has {length}.");
            }
        }
    }
}
