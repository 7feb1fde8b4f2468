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
    /// <summary>Whether a picture is decoded and prepared here.</summary>
    public bool IsImage => Kind is InputKind.Image or InputKind.ImageFile;

    /// <summary>Whether values are names of something (token ids, bytes of a file) in a row, not pixels: these have two dimensions beside channels.</summary>
    public bool HoldsTokens => Kind == InputKind.Integers && Positions(Shape).Count < 2;

    /// <summary>Whether rows may have different numbers of values.</summary>
    public bool IsVariable => Shape.Contains(-1);

    /// <summary>The number of values in a row; -1 where rows differ.</summary>
    public long Size => IsVariable ? -1 : Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Whether the channels come after the positions.</summary>
    public bool ChannelsLast => Shape.Count > 1 && ChannelDimension == Shape.Count;

    /// <summary>A row's shape without its channels: <c>[H, W]</c> or <c>[L]</c>.</summary>
    public IReadOnlyList<long> Positions(IReadOnlyList<long> shape) => shape.Where((_, i) => i + 1 != ChannelDimension).ToArray();

    // *** Binary format ***
    // text: name of the network's input
    // text or null: name of the column
    // int: kind
    // shape: one row
    // int: dimension of the channels, 0 for none (first version: bool, whether they are last)
    public void Save(BinaryWriter writer)
    {
        writer.WriteText(InputName);
        writer.WriteText(ColumnName);
        writer.Write((int)Kind);
        writer.WriteShape(Shape);
        writer.Write(ChannelDimension);
    }

    public static InputColumn Load(SettingsReader reader)
    {
        string name = reader.ReadNonEmptyString();
        string? column = reader.ReadString();
        var kind = reader.ReadEnum<InputKind>();
        SettingsReader.Check((column == null) == (kind == InputKind.PaddingMask));
        long[] shape = reader.ReadShape();
        int channelDimension = reader.HasChannelDimension ? reader.Numbers.ReadInt32() : ReadChannelsLast(reader.Numbers, shape.Length);
        SettingsReader.Check(channelDimension >= 0 && channelDimension <= shape.Length && (channelDimension == 0 || shape.Length > 1));
        return new InputColumn(name, column, kind, shape, channelDimension);
    }

    private static int ReadChannelsLast(BinaryReader reader, int rank)
    {
        bool last = reader.ReadBoolean();
        return rank <= 1 ? 0 : last ? rank : 1;
    }
}
