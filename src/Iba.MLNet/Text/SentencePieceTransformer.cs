using Iba.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(SentencePieceTransformer.Summary, typeof(SentencePieceTransformer), null, typeof(SignatureLoadModel),
    SentencePieceTransformer.UserName, SentencePieceTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(SentencePieceTransformer), null, typeof(SignatureLoadRowMapper),
    SentencePieceTransformer.UserName, SentencePieceTransformer.LoaderSignature)]

namespace Iba.MLNet;

/// <summary>What <see cref="SentencePieceEstimator"/> makes: texts to token ids. Saved with its model.</summary>
public sealed class SentencePieceTransformer : RowToRowTransformerBase, ITokenStep
{
    internal const string Summary = "Turns text into the token ids of a SentencePiece model.";
    internal const string UserName = "SentencePiece Tokenizer Transform";
    internal const string LoaderSignature = "IbaSentencePiece";

    private const string ModelEntry = "SentencePiece.model";

    private readonly byte[] _model;
    private readonly SpecialTokenNames _names;
    private readonly bool _fairseqIds;
    private readonly SentencePieceEncoder _encoder;

    internal SentencePieceTransformer(IHostEnvironment env, TokenColumns columns, byte[] model, SpecialTokenNames names, bool fairseqIds, int maximumTokens)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(SentencePieceTransformer)))
    {
        Columns = columns;
        _model = model;
        _names = names;
        _fairseqIds = fairseqIds;
        _encoder = new SentencePieceEncoder(model, names, fairseqIds, maximumTokens);
    }

    internal TokenColumns Columns { get; }

    TokenColumns ITokenStep.Columns => Columns;

    ITokenEncoder ITokenStep.Encoder => _encoder;

    /// <summary>The id that shorter rows are padded with; null: the vocabulary has none.</summary>
    internal long? PaddingId => _encoder.PaddingId;

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBASPIEC",
        verWrittenCur: 0x00010001, // Initial
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(SentencePieceTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static SentencePieceTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());

        // *** Binary format ***
        // TokenColumns
        // SpecialTokenNames
        // bool: ids of fairseq
        // int: maximum tokens
        // entry SentencePiece.model: the file
        var columns = TokenColumns.Load(ctx);
        var names = SpecialTokenNames.Load(ctx);
        bool fairseqIds = ctx.Reader.ReadBoolean();
        int maximumTokens = ctx.Reader.ReadInt32();
        env.CheckDecode(maximumTokens >= SentencePieceEstimator.Defaults.FewestTokens);
        byte[] model = VocabularyFile.Read(env, ctx, ModelEntry);
        try
        {
            return new SentencePieceTransformer(env, columns, model, names, fairseqIds, maximumTokens);
        }
        catch (FormatException failure)
        {
            throw env.ExceptDecode(failure, failure.Message);
        }
    }

    // Factory method for SignatureLoadRowMapper.
    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema inputSchema)
        => Create(env, ctx).MakeRowMapper(inputSchema);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        Host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        Columns.Save(ctx);
        _names.Save(ctx);
        ctx.Writer.Write(_fairseqIds);
        ctx.Writer.Write(_encoder.MaximumTokens);
        VocabularyFile.Write(ctx, ModelEntry, _model);
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new TokenMapper(Host, this, Columns, _encoder, schema);
}
