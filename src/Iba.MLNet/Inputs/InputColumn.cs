using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>One input of the network and the column that feeds it.</summary>
/// <param name="InputName">The input's name in the network.</param>
/// <param name="ColumnName">The column; null for <see cref="InputKind.PaddingMask"/>.</param>
/// <param name="Kind">How the column's values become the input.</param>
/// <param name="Shape">The shape of one row, without the batch; -1 where rows differ.</param>
/// <param name="ChannelDimension">
/// Which dimension of the batch holds the channels: 1 for <c>[N, C, H, W]</c>, 3 for <c>[N, H, W, C]</c>; 0: there are none.
/// </param>
internal sealed record InputColumn(string InputName, string? ColumnName, InputKind Kind, IReadOnlyList<long> Shape, int ChannelDimension = 0)
{
    /// <summary>Whether rows may have different numbers of values.</summary>
    public bool IsVariable => Shape.Contains(-1);

    /// <summary>The number of values in a row; -1 where rows differ.</summary>
    public long Size => IsVariable ? -1 : Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Whether the channels come after the positions.</summary>
    public bool ChannelsLast => Shape.Count > 1 && ChannelDimension == Shape.Count;

    /// <summary>A row's shape without its channels: <c>[H, W]</c> or <c>[L]</c>.</summary>
    public IReadOnlyList<long> Positions(IReadOnlyList<long> shape) => shape.Where((_, i) => i + 1 != ChannelDimension).ToArray();

    // *** Binary format ***
    // string: name of the network's input
    // string or null: name of the column
    // int: kind
    // int: number of dimensions
    // long[]: dimensions
    // int: dimension of the channels, 0 for none (before version 0x00010002: bool, whether they are last)
    public void Save(ModelSaveContext ctx)
    {
        ctx.SaveNonEmptyString(InputName);
        ctx.SaveStringOrNull(ColumnName);
        ctx.Writer.Write((int)Kind);
        ctx.Writer.WriteShape(Shape);
        ctx.Writer.Write(ChannelDimension);
    }

    public static InputColumn Load(IExceptionContext context, ModelLoadContext ctx)
    {
        string name = ctx.LoadNonEmptyString();
        string? column = ctx.LoadStringOrNull();
        var kind = (InputKind)ctx.Reader.ReadInt32();
        context.CheckDecode(Enum.IsDefined(kind) && (column == null) == (kind == InputKind.PaddingMask));
        long[] shape = ctx.Reader.ReadShape(context);
        int channelDimension = ctx.Header.ModelVerWritten >= IbaTransformer.VersionWithChannelDimension
            ? ctx.Reader.ReadInt32()
            : ReadChannelsLast(ctx.Reader, shape.Length);
        context.CheckDecode(channelDimension >= 0 && channelDimension <= shape.Length && (channelDimension == 0 || shape.Length > 1));
        return new InputColumn(name, column, kind, shape, channelDimension);
    }

    private static int ReadChannelsLast(BinaryReader reader, int rank)
    {
        bool last = reader.ReadBoolean();
        return rank <= 1 ? 0 : last ? rank : 1;
    }
}
