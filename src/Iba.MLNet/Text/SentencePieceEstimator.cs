using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Turns a text column into the token ids of a SentencePiece model of type BPE or Unigram, as ALBERT, DeBERTa, LLaMA, T5 and XLM-RoBERTa have it,
/// and on request into the attention mask that goes with them and the place of each token in the original text. Made by
/// <c>mlContext.Transforms.Text.TokenizeIntoSentencePieces</c>.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | <xref:Microsoft.ML.Data.TextDataViewType> |
/// | Output column data type | Vectors of variable length of <xref:System.Int64> (ids, mask) and <xref:System.Int32> (offsets) |
/// | Required NuGet in addition to Microsoft.ML | Iba.MLNet |
/// | Exportable to ONNX | No |
/// ]]></format>
/// <para>
/// By default every row starts and ends with the tokens that the model names for it (<c>&lt;s&gt;</c> and <c>&lt;/s&gt;</c>, or <c>[CLS]</c> and
/// <c>[SEP]</c>), as far as its vocabulary has them. Networks differ: those of LLaMA have no token behind a text (<c>EndToken = ""</c>). A missing
/// text is an empty one. A token that is written out in the text is ordinary text.
/// </para>
/// <para>
/// The output columns are vectors of variable length, one element for each token: <see cref="long"/> for ids and mask. The offsets hold two
/// <see cref="int"/> for each token, its start and its length in UTF-16 characters of the original text, white space left out; special tokens,
/// and tokens of white space alone, have length 0. Where the model writes a word in another way (compatibility forms, accents), the place of a
/// piece is the word from there on.
/// </para>
/// </remarks>
/// <example>
/// The bits behind every word of a sentence:
/// <code language="csharp"><![CDATA[
/// var mlContext = new MLContext(seed: 0);
/// var sentences = mlContext.Data.LoadFromTextFile<Sentence>("sentences.txt");
///
/// using var network = OnnxNetwork.Load("albert.onnx");
/// var pipeline = mlContext.Transforms.Text.TokenizeIntoSentencePieces("Tokens", "spiece.model", "Text", "Mask", "Offsets")
///     .Append(mlContext.Transforms.Iba(new IbaEstimator.Options
///     {
///         OutputColumnName = "Bits",
///         InputColumnName = "Tokens",
///         Network = network,
///         Layer = "embeddings",
///         InputName = "input_ids",
///         MaskInputName = "attention_mask",
///         ContextColumns = new Dictionary<string, string> { ["attention_mask"] = "Mask" },
///     }));
/// using var explainer = pipeline.Fit(sentences);
///
/// foreach (var row in mlContext.Data.CreateEnumerable<ExplainedSentence>(explainer.Transform(sentences), reuseRowObject: false))
/// foreach (var word in WordBits.Join(row.Text, row.Offsets, row.Bits))
///     Console.WriteLine($"{word.Word} {word.Bits:F1}");
///
/// class Sentence
/// {
///     [LoadColumn(0)]
///     public string Text { get; set; } = "";
/// }
///
/// class ExplainedSentence : Sentence
/// {
///     public int[] Offsets { get; set; } = [];
///
///     public float[] Bits { get; set; } = [];
/// }
/// ]]></code>
/// </example>
public sealed class SentencePieceEstimator : TrivialEstimator<SentencePieceTransformer>
{
    /// <summary>Options of <see cref="SentencePieceEstimator"/>.</summary>
    public sealed class Options
    {
#pragma warning disable CA1051 // Options are public fields everywhere in ML.NET.
        /// <summary>The column for the token ids. Required.</summary>
        public string OutputColumnName = "";

        /// <summary>The text column. Null: the name of <see cref="OutputColumnName"/>.</summary>
        public string? InputColumnName;

        /// <summary>The model: tokenizer.model, spiece.model, spm.model. Required; it is saved with the ML.NET model.</summary>
        public string ModelPath = "";

        /// <summary>
        /// Whether the network counts as fairseq does (XLM-RoBERTa, CamemBERT): <c>&lt;s&gt;</c> 0, <c>&lt;pad&gt;</c> 1, <c>&lt;/s&gt;</c> 2,
        /// <c>&lt;unk&gt;</c> 3, every other piece one more than in the file. Default false.
        /// </summary>
        public bool FairseqIds;

        /// <summary>The column for the attention mask, 1 for every token. Null (default): none.</summary>
        public string? AttentionMaskColumnName;

        /// <summary>The column for the tokens' places in the original text, <c>[T, 2]</c>: start and length. Null (default): none.</summary>
        public string? OffsetsColumnName;

        /// <summary>The token before each text. Null (default): the model's, where it has one; empty: none.</summary>
        public string? BeginToken;

        /// <summary>The token behind each text. Null (default): the model's, where it has one; empty: none.</summary>
        public string? EndToken;

        /// <summary>
        /// The token that shorter rows are padded with; the ids say so to the explainer. Null (default): <c>&lt;pad&gt;</c> or
        /// <c>[PAD]</c>, where the model has it; empty: none.
        /// </summary>
        public string? PaddingToken;

        /// <summary>
        /// The most tokens of a row, those around the text included: the number of positions that the network knows. Longer texts are
        /// cut, with a warning. At least 3; default 512.
        /// </summary>
        public int MaximumTokens = Defaults.MaximumTokens;
#pragma warning restore CA1051
    }

    internal static class Defaults
    {
        internal const int MaximumTokens = 512;
        internal const int FewestTokens = 3;
    }

    internal SentencePieceEstimator(IHostEnvironment env, Options options)
        : this(Contracts.CheckRef(env, nameof(env)).Register(nameof(SentencePieceEstimator)), options)
    {
    }

    private SentencePieceEstimator(IHost host, Options options)
        : base(host, MakeTransformer(host, options))
    {
    }

    private static SentencePieceTransformer MakeTransformer(IHost host, Options options)
    {
        host.CheckValue(options, nameof(options));
        host.CheckNonWhiteSpace(options.OutputColumnName, nameof(options.OutputColumnName));
        host.CheckUserArg(
            options.MaximumTokens >= Defaults.FewestTokens, nameof(options.MaximumTokens),
            $"{nameof(options.MaximumTokens)} is {options.MaximumTokens}; allowed: at least {Defaults.FewestTokens}.");
        var columns = new TokenColumns(
            options.InputColumnName ?? options.OutputColumnName, options.OutputColumnName, options.AttentionMaskColumnName, options.OffsetsColumnName, types: null);
        columns.Check(host, nameof(options.OutputColumnName));
        byte[] model = VocabularyFile.Read(host, options.ModelPath, nameof(options.ModelPath));
        try
        {
            return new SentencePieceTransformer(
                host, columns, model, new SpecialTokenNames(options.BeginToken, options.EndToken, options.PaddingToken), options.FairseqIds, options.MaximumTokens);
        }
        catch (FormatException failure)
        {
            throw host.ExceptUserArg(nameof(options.ModelPath), $"'{options.ModelPath}': {failure.Message}");
        }
    }

    /// <summary>The schema with the new columns.</summary>
    /// <param name="inputSchema">The schema of the data that will come.</param>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema) => Transformer.Columns.Extend(Host, inputSchema, Transformer.PaddingId);
}
