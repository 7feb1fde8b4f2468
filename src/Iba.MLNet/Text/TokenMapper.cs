using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Binds a step that turns texts into tokens to a schema: every such step differs in its encoder alone.</summary>
internal sealed class TokenMapper : IRowMapper
{
    private readonly IHost _host;
    private readonly ITransformer _transformer;
    private readonly TokenColumns _columns;
    private readonly ITokenEncoder _encoder;
    private readonly DataViewSchema.Column _text;
    private int _warned;

    public TokenMapper(IHost host, ITransformer transformer, TokenColumns columns, ITokenEncoder encoder, DataViewSchema schema)
    {
        _host = host;
        _transformer = transformer;
        _columns = columns;
        _encoder = encoder;
        _text = schema.GetColumnOrNull(columns.Input) ?? throw host.ExceptSchemaMismatch(nameof(schema), "input", columns.Input);
        if (_text.Type is not TextDataViewType)
            throw host.ExceptSchemaMismatch(nameof(schema), "input", columns.Input, "text", _text.Type.ToString());
    }

    public DataViewSchema.DetachedColumn[] GetOutputColumns()
        => _columns.Outputs.Select(column => new DataViewSchema.DetachedColumn(
            column.Name, column.Type, column.Content == TokenContent.Ids ? PaddingAnnotation.Make(_encoder.PaddingId) : null)).ToArray();

    public Func<int, bool> GetDependencies(Func<int, bool> activeOutput)
    {
        bool any = IsAny(activeOutput);
        return column => any && column == _text.Index;
    }

    /// <summary>The getters of one row share its tokens.</summary>
    public Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        disposer = null;
        var getters = new Delegate[_columns.Outputs.Count];
        if (!IsAny(activeOutput)) return getters;

        var tokens = new RowTokens(input, input.GetGetter<ReadOnlyMemory<char>>(_text), Encode);
        for (int i = 0; i < getters.Length; i++)
        {
            if (activeOutput(i)) getters[i] = tokens.MakeGetter(_columns.Outputs[i].Content);
        }

        return getters;
    }

    public ITransformer GetTransformer() => _transformer;

    public void Save(ModelSaveContext ctx) => ((ICanSaveModel)_transformer).Save(ctx);

    private bool IsAny(Func<int, bool> activeOutput) => Enumerable.Range(0, _columns.Outputs.Count).Any(activeOutput);

    private IReadOnlyList<TextToken> Encode(ReadOnlyMemory<char> text)
    {
        var (pieces, cut) = _encoder.Encode(text);
        if (cut && Interlocked.Exchange(ref _warned, 1) == 0)
        {
            using var channel = _host.Start("Tokens");
            channel.Warning(
                "A text of {0} characters in column '{1}' has more than {2} tokens: it is cut after character {3}. MaximumTokens says " +
                "how many the network knows. Further rows are cut without a warning.",
                text.Length, _text.Name, _encoder.MaximumTokens, pieces.Max(piece => piece.Length == 0 ? 0 : piece.Start + piece.Length));
        }

        return pieces;
    }
}
