using Iba.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(BytePairTransformer.Summary, typeof(BytePairTransformer), null, typeof(SignatureLoadModel),
    BytePairTransformer.UserName, BytePairTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(BytePairTransformer), null, typeof(SignatureLoadRowMapper),
    BytePairTransformer.UserName, BytePairTransformer.LoaderSignature)]

namespace Iba.MLNet;

/// <summary>What <see cref="BytePairEstimator"/> makes: texts to token ids. Saved with its vocabulary.</summary>
public sealed class BytePairTransformer : RowToRowTransformerBase, ITokenStep
{
    internal const string Summary = "Turns text into the token ids of a byte-pair vocabulary (GPT-2, RoBERTa).";
    internal const string UserName = "Byte Pair Tokenizer Transform";
    internal const string LoaderSignature = "IbaBytePair";

    private const string TokensEntry = "Vocabulary.json", MergesEntry = "Merges.txt", DictionaryEntry = "Dictionary.txt";

    private readonly BytePairVocabulary _vocabulary;
    private readonly SpecialTokenNames _names;
    private readonly BytePairEncoder _encoder;

    internal BytePairTransformer(IHostEnvironment env, TokenColumns columns, BytePairVocabulary vocabulary, SpecialTokenNames names, int maximumTokens)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(BytePairTransformer)))
    {
        Columns = columns;
        _vocabulary = vocabulary;
        _names = names;
        _encoder = new BytePairEncoder(vocabulary, names, maximumTokens);
    }

    internal TokenColumns Columns { get; }

    TokenColumns ITokenStep.Columns => Columns;

    ITokenEncoder ITokenStep.Encoder => _encoder;

    /// <summary>The id that shorter rows are padded with; null: the vocabulary has none.</summary>
    internal long? PaddingId => _encoder.PaddingId;

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBABPAIR",
        verWrittenCur: 0x00010001, // Initial
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(BytePairTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static BytePairTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());

        // *** Binary format ***
        // TokenColumns
        // SpecialTokenNames
        // int: maximum tokens
        // entries Vocabulary.json, Merges.txt and, where there is one, Dictionary.txt: the files
        var columns = TokenColumns.Load(ctx);
        var names = SpecialTokenNames.Load(ctx);
        int maximumTokens = ctx.Reader.ReadInt32();
        env.CheckDecode(maximumTokens >= BytePairEstimator.Defaults.FewestTokens);
        var vocabulary = new BytePairVocabulary(
            VocabularyFile.Read(env, ctx, TokensEntry), VocabularyFile.Read(env, ctx, MergesEntry), VocabularyFile.ReadOptional(ctx, DictionaryEntry));
        try
        {
            return new BytePairTransformer(env, columns, vocabulary, names, maximumTokens);
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
        ctx.Writer.Write(_encoder.MaximumTokens);
        VocabularyFile.Write(ctx, TokensEntry, _vocabulary.Tokens);
        VocabularyFile.Write(ctx, MergesEntry, _vocabulary.Merges);
        if (_vocabulary.Dictionary is { } dictionary) VocabularyFile.Write(ctx, DictionaryEntry, dictionary);
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new TokenMapper(Host, this, Columns, _encoder, schema);
}
