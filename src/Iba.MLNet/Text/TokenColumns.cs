using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>The columns of a step that turns texts into tokens: which text it reads, and what it writes where.</summary>
internal sealed class TokenColumns
{
    private static readonly VectorDataViewType PerToken = new(NumberDataViewType.Int64);
    private static readonly VectorDataViewType Places = new(NumberDataViewType.Int32, 0, 2);

    public TokenColumns(string input, string ids, string? mask, string? offsets, string? types)
    {
        Input = input;
        Ids = ids;
        Mask = mask;
        Offsets = offsets;
        Types = types;
        Outputs = new[]
        {
            Column(ids, TokenContent.Ids), Column(mask, TokenContent.Mask), Column(offsets, TokenContent.Offsets),
            Column(types, TokenContent.Types),
        }.OfType<OutputColumn>().ToArray();
    }

    /// <summary>An output column.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Content">What it holds.</param>
    /// <param name="Type">Its type.</param>
    internal sealed record OutputColumn(string Name, TokenContent Content, VectorDataViewType Type);

    public string Input { get; }

    public IReadOnlyList<OutputColumn> Outputs { get; }

    public string Ids { get; }

    private string? Mask { get; }

    private string? Offsets { get; }

    private string? Types { get; }

    public static TokenColumns Load(ModelLoadContext ctx) => new(
        ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadStringOrNull(), ctx.LoadStringOrNull(), ctx.LoadStringOrNull());

    /// <summary>Checks what a user named.</summary>
    public void Check(IExceptionContext context, string parameter)
    {
        string? twice = Outputs.GroupBy(column => column.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        context.CheckUserArg(twice == null, parameter, $"Two output columns are named '{twice}'.");
    }

    /// <summary>The schema with the new columns.</summary>
    /// <param name="context">Throws.</param>
    /// <param name="schema">The schema of the data that will come.</param>
    /// <param name="paddingId">What the ids say of padding.</param>
    public SchemaShape Extend(IExceptionContext context, SchemaShape schema, long? paddingId)
    {
        context.CheckValue(schema, nameof(schema));
        if (!schema.TryFindColumn(Input, out var input)) throw context.ExceptSchemaMismatch(nameof(schema), "input", Input);
        if (input.ItemType != TextDataViewType.Instance || input.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw context.ExceptSchemaMismatch(nameof(schema), "input", Input, "text", input.GetTypeString());

        var result = schema.ToDictionary(column => column.Name);
        foreach (var output in Outputs)
        {
            result[output.Name] = new SchemaShape.Column(output.Name, SchemaShape.Column.VectorKind.VariableVector, output.Type.ItemType, false,
                output.Content == TokenContent.Ids ? PaddingAnnotation.Promise(paddingId) : null);
        }

        return new SchemaShape(result.Values);
    }

    // *** Binary format ***
    // string: input column
    // string: ids column
    // string or null: mask, offsets, token types columns
    public void Save(ModelSaveContext ctx)
    {
        ctx.SaveNonEmptyString(Input);
        ctx.SaveNonEmptyString(Ids);
        ctx.SaveStringOrNull(Mask);
        ctx.SaveStringOrNull(Offsets);
        ctx.SaveStringOrNull(Types);
    }

    private static OutputColumn? Column(string? name, TokenContent content)
        => name == null ? null : new(name, content, content == TokenContent.Offsets ? Places : PerToken);
}
