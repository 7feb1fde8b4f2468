using Iba.Jobs;
using Iba.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Cli;

/// <summary>Reads texts and bytes of a job over a table from the table, where results have the numbers of tokens alone.</summary>
/// <param name="context">Reads files of its own format.</param>
/// <param name="model">The model, whose steps make tokens of texts.</param>
/// <param name="plan">The plan.</param>
/// <param name="source">Where the table lies.</param>
/// <param name="areBytes">Whether whole numbers are bytes also where the column's type does not say so.</param>
internal sealed class RowContents(MLContext context, JobModel model, JobPlan plan, string source, bool areBytes)
{
    private readonly RowViews _views = new(context, plan, model.Inputs, source);
    private readonly ITokenStep? _step = model.Tokens;

    /// <summary>Whether rows of a job are texts, bytes or other sequences of whole numbers.</summary>
    public static bool AreThere(JobModel model, JobPlan plan)
        => plan.SourceKind != nameof(SourceKind.Pictures) && plan.Unit == nameof(Torch.MapUnit.Bits) && model.Explainer.Settings.Input.ExplainedColumn.HoldsTokens;

    /// <summary>The contents of rows.</summary>
    /// <param name="inputs">The rows, which follow each other.</param>
    /// <param name="rows">What was found of them.</param>
    /// <returns>One for each, in their order; null: the row was not explained, or cannot be read.</returns>
    public IEnumerable<RowContent?> Read(JobInput[] inputs, JobRow[] rows)
    {
        for (int next = 0; next < inputs.Length;)
        {
            using var cursor = Open(inputs[next..], out var read);
            while (next < inputs.Length && TryRead(cursor, read, rows[next], out var content))
            {
                next++;
                yield return content;
            }

            // A row that cannot be read ends its cursor.
            if (next++ < inputs.Length) yield return null;
        }
    }

    private DataViewRowCursor Open(JobInput[] inputs, out Func<JobRow, RowContent> read)
    {
        var rows = model.Prepare(_views.Of(inputs), _step);
        var explained = model.Explainer.Settings.Input.ExplainedColumn;
        var column = rows.Schema[_step?.Columns.Input ?? explained.ColumnName!];
        var cursor = rows.GetRowCursor([column]);
        if (_step != null)
        {
            var text = cursor.GetGetter<ReadOnlyMemory<char>>(column);
            read = row =>
            {
                ReadOnlyMemory<char> value = default;
                text(ref value);
                return RowContent.OfText(value.ToString(), _step.Encoder, row);
            };
            return cursor;
        }

        var numbers = IntegerReader.Create(cursor, column, explained);
        bool bytes = areBytes || (column.Type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Byte);
        read = row => bytes ? RowContent.OfBytes((long[])numbers.Read().Values, row) : RowContent.OfNumbers((long[])numbers.Read().Values, row);
        return cursor;
    }

    private static bool TryRead(DataViewRowCursor cursor, Func<JobRow, RowContent> read, JobRow row, out RowContent? content)
    {
        content = null;
        try
        {
            if (!cursor.MoveNext()) return false;
            if (row.Failure == null) content = read(row);
            return true;
        }
        catch (Exception problem) when (problem is InvalidOperationException or InvalidDataException or FormatException or ArgumentException)
        {
            return false;
        }
    }
}
