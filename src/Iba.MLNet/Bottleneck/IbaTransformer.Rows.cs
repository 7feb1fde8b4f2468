using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

public sealed partial class IbaTransformer
{
    /// <summary>Explains a picture that lies in memory, as the pipeline explains the file that holds it: bit by bit the same.</summary>
    /// <param name="file">The encoded picture.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="cancellation">Ends the work between two steps.</param>
    /// <exception cref="InvalidDataException">It is no picture that can be read.</exception>
    /// <exception cref="InvalidOperationException">It cannot be explained.</exception>
    internal RowExplanation ExplainPicture(byte[] file, string name, CancellationToken cancellation)
    {
        bool isUpright = Preprocessing?.ApplyExifOrientation == true;
        return ExplainPicture(PictureDecoder.Decode(file, $"'{name}'", isUpright), name, cancellation);
    }

    /// <inheritdoc cref="ExplainPicture(byte[], string, CancellationToken)"/>
    internal RowExplanation ExplainPicture(RgbImage picture, string name, CancellationToken cancellation)
    {
        var input = Settings.Input;
        Host.Check(
            input.Columns.Count == 1 && input.ExplainedColumn.IsImage,
            $"This explainer does not read one picture, but {string.Join(", ", input.ColumnNames.Select(column => $"'{column}'"))}: give it a row with these columns.");
        return Explain(new InputRow(new RowIdentity(0, name), [ImageReader.Prepare(picture, input.Preprocessing!)], null), cancellation);
    }

    /// <summary>Explains the first row of a view, as <see cref="AttributionTransformerBase.Transform"/> does: bit by bit the same.</summary>
    /// <param name="rows">The view, with at least one row.</param>
    /// <param name="cancellation">Ends the work between two steps.</param>
    /// <exception cref="ArgumentException">The view lacks a column, or has it with another type.</exception>
    /// <exception cref="InvalidOperationException">The row cannot be read or explained; the message names row and column.</exception>
    internal RowExplanation ExplainFirst(IDataView rows, CancellationToken cancellation)
    {
        var view = Model?.Transform(rows) ?? rows;
        var needed = MakeRowMapper(view.Schema).GetDependencies(_ => true);
        using var cursor = view.GetRowCursor(view.Schema.Where(column => needed(column.Index)));
        Host.Check(cursor.MoveNext(), "There is no row to explain.");
        var reader = new InputRowReader(
            Host, Settings.Input, Settings.LabelColumnName, Settings.ClassCount, Settings.ClassNames, Explainer.Inputs, cursor, Settings.RowIdColumnName);
        return Explain(reader.Read(), cancellation);
    }

    private RowExplanation Explain(InputRow row, CancellationToken cancellation)
    {
        Explainer.CheckFingerprint();
        RowResult result;
        try
        {
            result = Explainer.Explain([row], withCapacity: false, cancellation)[0];
        }
        catch (Exception failure) when (RowBlame.IsPossible(failure))
        {
            throw Host.Except(failure, $"{row.Identity} cannot be explained at layer '{Settings.Place}': {NativeError.FirstLine(failure)}");
        }

        return result.Explanation ?? throw Host.Except($"{row.Identity} cannot be explained at layer '{Settings.Place}': {result.Failure}.");
    }
}
