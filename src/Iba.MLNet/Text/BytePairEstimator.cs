using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Turns a text column into the token ids of a byte-pair vocabulary, as GPT-2, RoBERTa and their relatives have it, and on request into the
/// attention mask that goes with them and the place of each token in the original text. Made by
/// <c>mlContext.Transforms.Text.TokenizeIntoBytePairs</c>.
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
/// Where the vocabulary has them, every row starts with <c>&lt;s&gt;</c> and ends with <c>&lt;/s&gt;</c>, and rows are padded with
/// <c>&lt;pad&gt;</c>; a missing text is an empty one. A token that is written out in the text is ordinary text. Every character can be spelled,
/// by its bytes in UTF-8. Vocabularies are those of bytes: files of BERT, and of byte pairs over characters, are refused.
/// </para>
/// <para>
/// The output columns are vectors of variable length, one element for each token: <see cref="long"/> for ids and mask. The offsets hold two
/// <see cref="int"/> for each token, its start and its length in UTF-16 characters of the original text. The white space before a word is no
/// part of its place; special tokens, and tokens of white space alone, have length 0. A character that needs several tokens is the place of each.
/// </para>
/// </remarks>
/// <example>
/// The bits behind every word of a sentence:
/// <code language="csharp"><![CDATA[
/// var mlContext = new MLContext(seed: 0);
/// var sentences = mlContext.Data.LoadFromTextFile<Sentence>("sentences.txt");
///
/// using var network = OnnxNetwork.Load("roberta.onnx");
/// var pipeline = mlContext.Transforms.Text.TokenizeIntoBytePairs("Tokens", "vocab.json", "merges.txt", "Text", "Mask", "Offsets")
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
public sealed class BytePairEstimator : TrivialEstimator<BytePairTransformer>
{
    /// <summary>Options of <see cref="BytePairEstimator"/>.</summary>
    public sealed class Options
    {
#pragma warning disable CA1051 // Options are public fields everywhere in ML.NET.
        /// <summary>The column for the token ids. Required.</summary>
        public string OutputColumnName = "";

        /// <summary>The text column. Null: the name of <see cref="OutputColumnName"/>.</summary>
        public string? InputColumnName;

        /// <summary>The vocabulary, vocab.json (encoder.json): each token and its id. Required; it is saved with the model.</summary>
        public string VocabularyPath = "";

        /// <summary>The pairs that are joined, merges.txt (vocab.bpe), two tokens a line. Required; it is saved with the model.</summary>
        public string MergesPath = "";

        /// <summary>
        /// The dictionary of networks that fairseq trained, dict.txt: it numbers the tokens anew, behind <c>&lt;s&gt;</c> 0, <c>&lt;pad&gt;</c> 1,
        /// <c>&lt;/s&gt;</c> 2 and <c>&lt;unk&gt;</c> 3. Saved with the model. Null (default): the ids are those of <see cref="VocabularyPath"/>.
        /// </summary>
        public string? DictionaryPath;

        /// <summary>The column for the attention mask, 1 for every token. Null (default): none.</summary>
        public string? AttentionMaskColumnName;

        /// <summary>The column for the tokens' places in the original text, <c>[T, 2]</c>: start and length. Null (default): none.</summary>
        public string? OffsetsColumnName;

        /// <summary>The token before each text. Null (default): <c>&lt;s&gt;</c>, where the vocabulary has it; empty: none.</summary>
        public string? BeginToken;

        /// <summary>The token behind each text. Null (default): <c>&lt;/s&gt;</c>, where the vocabulary has it; empty: none.</summary>
        public string? EndToken;

        /// <summary>
        /// The token that shorter rows are padded with; the ids say so to the explainer. Null (default): <c>&lt;pad&gt;</c>, where the vocabulary has
        /// it; empty: none.
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

    internal BytePairEstimator(IHostEnvironment env, Options options)
        : this(Contracts.CheckRef(env, nameof(env)).Register(nameof(BytePairEstimator)), options)
    {
    }

    private BytePairEstimator(IHost host, Options options)
        : base(host, MakeTransformer(host, options))
    {
    }

    private static BytePairTransformer MakeTransformer(IHost host, Options options)
    {
        host.CheckValue(options, nameof(options));
        host.CheckNonWhiteSpace(options.OutputColumnName, nameof(options.OutputColumnName));
        host.CheckUserArg(
            options.MaximumTokens >= Defaults.FewestTokens, nameof(options.MaximumTokens),
            $"{nameof(options.MaximumTokens)} is {options.MaximumTokens}; allowed: at least {Defaults.FewestTokens}.");
        var columns = new TokenColumns(
            options.InputColumnName ?? options.OutputColumnName, options.OutputColumnName, options.AttentionMaskColumnName, options.OffsetsColumnName, types: null);
        columns.Check(host, nameof(options.OutputColumnName));
        var vocabulary = new BytePairVocabulary(
            VocabularyFile.Read(host, options.VocabularyPath, nameof(options.VocabularyPath)),
            VocabularyFile.Read(host, options.MergesPath, nameof(options.MergesPath)),
            options.DictionaryPath == null ? null : VocabularyFile.Read(host, options.DictionaryPath, nameof(options.DictionaryPath)));
        try
        {
            return new BytePairTransformer(
                host, columns, vocabulary, new SpecialTokenNames(options.BeginToken, options.EndToken, options.PaddingToken), options.MaximumTokens);
        }
        catch (FormatException failure)
        {
            throw host.ExceptUserArg(nameof(options.VocabularyPath), $"'{options.VocabularyPath}': {failure.Message}");
        }
    }

    /// <summary>The schema with the new columns.</summary>
    /// <param name="inputSchema">The schema of the data that will come.</param>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema) => Transformer.Columns.Extend(Host, inputSchema, Transformer.PaddingId);
}
