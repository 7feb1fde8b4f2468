using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>One input of the network and the column that feeds it.</summary>
/// <param name="InputName">The input's name in the network.</param>
/// <param name="ColumnName">The column; null for <see cref="InputKind.PaddingMask"/>.</param>
/// <param name="Kind">How the column's values become the input.</param>
/// <param name="Shape">The shape of one row, without the batch; -1 where rows differ.</param>
/// <param name="ChannelsLast">Whether the shape is <c>[H, W, C]</c> and not <c>[C, H, W]</c>.</param>
internal sealed record InputColumn(string InputName, string? ColumnName, InputKind Kind, IReadOnlyList<long> Shape, bool ChannelsLast = false)
{
    /// <summary>Whether rows may have different numbers of values.</summary>
    public bool IsVariable => Shape.Contains(-1);

    /// <summary>The number of values in a row; -1 where rows differ.</summary>
    public long Size => IsVariable ? -1 : Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The shape without its channels: <c>[H, W]</c> or <c>[L]</c>; integers and flat vectors have none.</summary>
    public IReadOnlyList<long> Positions(IReadOnlyList<long> shape) => shape.Count <= 1
        ? shape
        : (ChannelsLast ? shape.SkipLast(1) : shape.Skip(1)).ToArray();

    // *** Binary format ***
    // string: name of the network's input
    // string or null: name of the column
    // int: kind
    // int: number of dimensions
    // long[]: dimensions
    // bool: whether the channels are last
    public void Save(ModelSaveContext ctx)
    {
        ctx.SaveNonEmptyString(InputName);
        ctx.SaveStringOrNull(ColumnName);
        ctx.Writer.Write((int)Kind);
        ctx.Writer.WriteShape(Shape);
        ctx.Writer.Write(ChannelsLast);
    }

    public static InputColumn Load(IExceptionContext context, ModelLoadContext ctx)
    {
        string name = ctx.LoadNonEmptyString();
        string? column = ctx.LoadStringOrNull();
        var kind = (InputKind)ctx.Reader.ReadInt32();
        context.CheckDecode(Enum.IsDefined(kind) && (column == null) == (kind == InputKind.PaddingMask));
        return new InputColumn(name, column, kind, ctx.Reader.ReadShape(context), ctx.Reader.ReadBoolean());
    }
}
