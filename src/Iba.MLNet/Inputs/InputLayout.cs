using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Iba.MLNet;

/// <summary>Which columns feed which inputs of the network, and which of them is explained.</summary>
/// <param name="Columns">One for each of the network's inputs, in the network's order.</param>
/// <param name="Explained">The index of the input whose positions get the bits.</param>
/// <param name="Mask">The index of the input that is 1 where a value exists and 0 at padding; -1: there is none.</param>
/// <param name="MaximumLength">Longer rows are cut to this many values; 0: no limit.</param>
/// <param name="Preprocessing">How the explained column's images are prepared; null where it holds none.</param>
/// <param name="ImageFolder">The folder of the files that the explained column names; null: paths are taken as they are, or there are none.</param>
internal sealed record InputLayout(
    IReadOnlyList<InputColumn> Columns, int Explained, int Mask, int MaximumLength, ImagePreprocessing? Preprocessing, string? ImageFolder = null)
{
    private const int MaximumInputs = 1024;

    /// <summary>The id that shorter rows of the explained input are padded with; null: nobody said it, and it is 0.</summary>
    public long? PaddingId { get; init; }

    /// <summary>Whether rows of different lengths may be padded to share a pass, if there is a mask: false where the network minds.</summary>
    public bool SharesLengths { get; init; } = true;

    /// <summary>The explained input.</summary>
    public InputColumn ExplainedColumn => Columns[Explained];

    /// <summary>The explained column, where it holds paths of pictures; else null.</summary>
    public string? PathColumnName => ExplainedColumn.Kind == InputKind.ImageFile ? ExplainedColumn.ColumnName : null;

    /// <summary>The columns that are read, without repetition.</summary>
    public IEnumerable<string> ColumnNames => Columns.Select(column => column.ColumnName).OfType<string>().Distinct();

    /// <summary>The size of the heat map, <c>[H, W]</c> or <c>[L]</c>; -1 where rows differ.</summary>
    public IReadOnlyList<long> MapSize => ExplainedColumn.Positions(ExplainedColumn.Shape);

    /// <summary>The same, with the explained input's channels in another dimension.</summary>
    public InputLayout WithChannels(int dimension)
        => this with { Columns = Columns.Select((column, i) => i == Explained ? column with { ChannelDimension = dimension } : column).ToArray() };

    /// <summary>Checks that a schema has the columns with the types that were there at Fit.</summary>
    public void CheckSchema(IExceptionContext context, DataViewSchema schema)
    {
        foreach (var input in Columns.Where(input => input.ColumnName != null))
        {
            var column = schema.GetColumnOrNull(input.ColumnName!)
                ?? throw context.ExceptSchemaMismatch(nameof(schema), "input", input.ColumnName!);
            bool fits = input.Kind switch
            {
                InputKind.Image => column.Type is ImageDataViewType,
                InputKind.ImageFile => column.Type is TextDataViewType,
                InputKind.Floats => column.Type.GetItemType() == NumberDataViewType.Single && HasSize(column.Type, input),
                _ => IntegerReader.CanRead(column.Type.GetItemType()) && HasSize(column.Type, input),
            };
            if (!fits) throw context.ExceptSchemaMismatch(nameof(schema), "input", input.ColumnName!, Expected(input), column.Type.ToString()!);
        }
    }

    // *** Binary format ***
    // int: number of inputs
    // inputs: see InputColumn
    // int: index of the explained input
    // int: index of the mask, -1 for none
    // int: maximum length, 0 for no limit
    // bool: whether images are prepared
    // preprocessing, if so
    // text or null: folder of the images, if the explained column names files
    // long: id of padding; bool: whether rows of different lengths share a pass (not before version 0x00010003)
    public void Save(BinaryWriter writer)
    {
        writer.Write(Columns.Count);
        foreach (var column in Columns) column.Save(writer);
        writer.Write(Explained);
        writer.Write(Mask);
        writer.Write(MaximumLength);
        writer.Write(Preprocessing != null);
        Preprocessing?.Save(writer);
        if (ExplainedColumn.Kind == InputKind.ImageFile) writer.WriteText(ImageFolder);
        writer.Write(PaddingId ?? 0);
        writer.Write(SharesLengths);
    }

    /// <summary>Whether another layout reads the same columns in the same way.</summary>
    public bool Agrees(InputLayout other)
    {
        return Bytes(this).AsSpan().SequenceEqual(Bytes(other));

        // What is saved is what matters, down to the preprocessing's means.
        static byte[] Bytes(InputLayout layout)
        {
            using var bytes = new MemoryStream();
            using var writer = new BinaryWriter(bytes);
            layout.Save(writer);
            return bytes.ToArray();
        }
    }

    public static InputLayout Load(SettingsReader reader)
    {
        int count = reader.ReadCount(MaximumInputs);
        var columns = Enumerable.Range(0, count).Select(_ => InputColumn.Load(reader)).ToArray();
        int explained = reader.Numbers.ReadInt32(), mask = reader.Numbers.ReadInt32(), maximumLength = reader.Numbers.ReadInt32();
        SettingsReader.Check(explained >= 0 && explained < count && mask >= -1 && mask < count && maximumLength >= 0);
        bool hasPreprocessing = reader.Numbers.ReadBoolean();
        SettingsReader.Check(hasPreprocessing == columns[explained].IsImage);
        var preprocessing = hasPreprocessing ? ImagePreprocessing.Load(reader.Numbers) : null;
        string? folder = columns[explained].Kind == InputKind.ImageFile ? reader.ReadString() : null;
        var layout = new InputLayout(columns, explained, mask, maximumLength, preprocessing, folder);
        return reader.HasPadding ? layout with { PaddingId = ReadId(reader), SharesLengths = reader.Numbers.ReadBoolean() } : layout;
    }

    private static long ReadId(SettingsReader reader)
    {
        long id = reader.Numbers.ReadInt64();
        SettingsReader.Check(id >= 0);
        return id;
    }

    // One value stands for a vector of one.
    private static bool HasSize(DataViewType type, InputColumn input) => type is VectorDataViewType vector
        ? (input.IsVariable ? !vector.IsKnownSize : vector.Size == input.Size)
        : input.Size == 1;

    private static string Expected(InputColumn input) => input.Kind switch
    {
        InputKind.Image => "image",
        InputKind.ImageFile => "text (the path of a picture)",
        InputKind.Floats => $"vector of {input.Size} Single",
        _ => $"{(input.IsVariable ? "variable-length vector" : $"vector of {input.Size}")} integers or keys",
    };
}
