using Iba.MLNet.TorchSharp;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(NasBertTokenTransformer.Summary, typeof(NasBertTokenTransformer), null, typeof(SignatureLoadModel),
    NasBertTokenTransformer.UserName, NasBertTokenTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(NasBertTokenTransformer), null, typeof(SignatureLoadRowMapper),
    NasBertTokenTransformer.UserName, NasBertTokenTransformer.LoaderSignature)]

namespace Iba.MLNet.TorchSharp;

/// <summary>Makes the tokens of ML.NET's text classifiers visible as columns. Its vocabulary is the package's, so a model file holds its column alone.</summary>
internal sealed class NasBertTokenTransformer : RowToRowTransformerBase
{
    internal const string Summary = "Turns text into the tokens that ML.NET's text classifiers see.";
    internal const string UserName = "NAS-BERT Tokenizer Transform";
    internal const string LoaderSignature = "IbaNasBertTokens";

    private readonly string _textColumn;

    public NasBertTokenTransformer(IHostEnvironment env, string textColumn)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(NasBertTokenTransformer))) => _textColumn = textColumn;

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBANBTOK",
        verWrittenCur: 0x00010001, // Initial
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(NasBertTokenTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static NasBertTokenTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());

        // *** Binary format ***
        // string: text column
        return new NasBertTokenTransformer(env, ctx.LoadNonEmptyString());
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
        ctx.SaveNonEmptyString(_textColumn);
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new TokenMapper(
        Host,
        this,
        new TokenColumns(_textColumn, NasBertTokens.IdsColumnName, NasBertTokens.MaskColumnName, NasBertTokens.OffsetsColumnName, types: null),
        NasBertTokens.Instance,
        schema);
}
