using Iba.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(WordPieceTransformer.Summary, typeof(WordPieceTransformer), null, typeof(SignatureLoadModel),
    WordPieceTransformer.UserName, WordPieceTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(WordPieceTransformer), null, typeof(SignatureLoadRowMapper),
    WordPieceTransformer.UserName, WordPieceTransformer.LoaderSignature)]

namespace Iba.MLNet;

/// <summary>What <see cref="WordPieceEstimator"/> makes: texts to token ids. Saved with its vocabulary.</summary>
public sealed class WordPieceTransformer : RowToRowTransformerBase, ITokenStep
{
    internal const string Summary = "Turns text into the token ids of a BERT vocabulary (WordPiece).";
    internal const string UserName = "WordPiece Tokenizer Transform";
    internal const string LoaderSignature = "IbaWordPiece";

    private const string VocabularyEntry = "Vocabulary.txt";

    private readonly byte[] _vocabulary;
    private readonly bool _uncased;
    private readonly int _maximumTokens;
    private readonly WordPieceEncoder _encoder;

    internal WordPieceTransformer(IHostEnvironment env, TokenColumns columns, byte[] vocabulary, bool uncased, int maximumTokens)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(WordPieceTransformer)))
    {
        Columns = columns;
        _vocabulary = vocabulary;
        _uncased = uncased;
        _maximumTokens = maximumTokens;
        _encoder = new WordPieceEncoder(vocabulary, uncased, maximumTokens);
    }

    internal TokenColumns Columns { get; }

    TokenColumns ITokenStep.Columns => Columns;

    ITokenEncoder ITokenStep.Encoder => _encoder;

    /// <summary>The id that shorter rows are padded with; null: the vocabulary has none.</summary>
    internal long? PaddingId => _encoder.PaddingId;

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBAWPIEC",
        verWrittenCur: 0x00010001, // Initial
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(WordPieceTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static WordPieceTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());

        // *** Binary format ***
        // TokenColumns
        // bool: uncased
        // int: maximum tokens
        // entry Vocabulary.txt: the vocabulary file
        var columns = TokenColumns.Load(ctx);
        bool uncased = ctx.Reader.ReadBoolean();
        int maximumTokens = ctx.Reader.ReadInt32();
        env.CheckDecode(maximumTokens >= 3);
        byte[] vocabulary = VocabularyFile.Read(env, ctx, VocabularyEntry);
        try
        {
            return new WordPieceTransformer(env, columns, vocabulary, uncased, maximumTokens);
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
        ctx.Writer.Write(_uncased);
        ctx.Writer.Write(_maximumTokens);
        VocabularyFile.Write(ctx, VocabularyEntry, _vocabulary);
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new TokenMapper(Host, this, Columns, _encoder, schema);
}
