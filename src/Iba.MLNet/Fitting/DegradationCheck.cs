using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using VectorKind = Microsoft.ML.SchemaShape.Column.VectorKind;

namespace Iba.MLNet;

/// <summary>Refuses a column of degradation where no row could have a number in it.</summary>
internal static class DegradationCheck
{
    private const int Tile = AttributionOptions.Defaults.DegradationTile;

    /// <summary>As far as a schema's shape tells.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="options">The options.</param>
    /// <param name="column">The explained column.</param>
    /// <param name="preprocessing">How its images are prepared; null: it holds none.</param>
    public static void Run(IHost host, AttributionOptions options, SchemaShape.Column column, ImagePreprocessing? preprocessing)
    {
        if (options.DegradationColumnName == null) return;
        if (column.Kind == VectorKind.VariableVector) throw Refusal(host, options, $"column '{column.Name}' holds vectors of any length");
        if (preprocessing?.Size is var (width, height)) CheckSize(host, options, [height, width]);
    }

    /// <summary>Once the rows' layout is known.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="options">The options.</param>
    /// <param name="layout">The layout.</param>
    public static void Run(IHost host, AttributionOptions options, InputLayout layout)
    {
        if (options.DegradationColumnName == null) return;
        var column = layout.ExplainedColumn;
        var size = column.Positions(column.Shape);
        if (size.Count != 2) throw Refusal(host, options, $"rows of column '{column.ColumnName}' are {Shapes.Format(size)} without channels");
        if (layout.Mask >= 0) throw Refusal(host, options, $"{nameof(options.MaskInputName)} takes positions out of the rows");
        CheckSize(host, options, size);
    }

    private static void CheckSize(IHost host, AttributionOptions options, IReadOnlyList<long> size) => host.CheckUserArg(
        size.All(side => side is < 0 or >= Tile),
        nameof(options.DegradationColumnName),
        $"{nameof(options.DegradationColumnName)} is '{options.DegradationColumnName}', but pictures of {Shapes.Format(size)} are smaller than its tiles of {Tile} x {Tile}: " +
        "leave it out, and judge them by EvaluateAttribution with a smaller Tile.");

    private static Exception Refusal(IHost host, AttributionOptions options, string found) => host.ExceptUserArg(
        nameof(options.DegradationColumnName),
        $"{nameof(options.DegradationColumnName)} is '{options.DegradationColumnName}', but {found}, and only pictures [H, W] have tiles: " +
        "leave it out; EvaluateAttribution judges other rows by insertion and deletion.");
}
