using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>The columns of the WordPiece step: which text it reads, and what it writes where.</summary>
internal sealed class WordPieceColumns
{
    private static readonly VectorDataViewType PerToken = new(NumberDataViewType.Int64);
    private static readonly VectorDataViewType Places = new(NumberDataViewType.Int32, 0, 2);

    private WordPieceColumns(string input, string ids, string? mask, string? offsets, string? types)
    {
        Input = input;
        Ids = ids;
        Mask = mask;
        Offsets = offsets;
        Types = types;
        Outputs = new[]
        {
            Column(ids, WordPieceOutput.Ids), Column(mask, WordPieceOutput.Mask), Column(offsets, WordPieceOutput.Offsets),
            Column(types, WordPieceOutput.Types),
        }.OfType<OutputColumn>().ToArray();
    }

    /// <summary>An output column.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Content">What it holds.</param>
    /// <param name="Type">Its type.</param>
    internal sealed record OutputColumn(string Name, WordPieceOutput Content, VectorDataViewType Type);

    public string Input { get; }

    public IReadOnlyList<OutputColumn> Outputs { get; }

    private string Ids { get; }

    private string? Mask { get; }

    private string? Offsets { get; }

    private string? Types { get; }

    public static WordPieceColumns From(WordPieceEstimator.Options options) => new(
        options.InputColumnName ?? options.OutputColumnName, options.OutputColumnName, options.AttentionMaskColumnName,
        options.OffsetsColumnName, options.TokenTypeIdsColumnName);

    public static WordPieceColumns Load(ModelLoadContext ctx) => new(
        ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadStringOrNull(), ctx.LoadStringOrNull(), ctx.LoadStringOrNull());

    public void Save(ModelSaveContext ctx)
    {
        ctx.SaveNonEmptyString(Input);
        ctx.SaveNonEmptyString(Ids);
        ctx.SaveStringOrNull(Mask);
        ctx.SaveStringOrNull(Offsets);
        ctx.SaveStringOrNull(Types);
    }

    private static OutputColumn? Column(string? name, WordPieceOutput content)
        => name == null ? null : new(name, content, content == WordPieceOutput.Offsets ? Places : PerToken);
}
