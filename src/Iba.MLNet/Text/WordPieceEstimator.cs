using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Turns a text column into the token ids of a BERT vocabulary (WordPiece), and on request into the attention mask that goes with
/// them and the place of each token in the original text. Made by <c>mlContext.Transforms.Text.TokenizeIntoWordPieces</c>.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | <xref:Microsoft.ML.Data.TextDataViewType> |
/// | Output column data type | Vectors of variable length of <xref:System.Int64> (ids, mask, types) and <xref:System.Int32> (offsets) |
/// | Required NuGet in addition to Microsoft.ML | Iba.MLNet |
/// | Exportable to ONNX | No |
/// ]]></format>
/// <para>
/// Every row starts with [CLS] and ends with [SEP]. An empty or missing text gives these two alone. A token that is written out in
/// the text ("[SEP]") is ordinary text. A word that the vocabulary cannot spell becomes [UNK].
/// </para>
/// <para>
/// The output columns are vectors of variable length, one element for each token: <see cref="long"/> for ids, mask and types. The
/// offsets hold two <see cref="int"/> for each token, its start and its length in UTF-16 characters of the original text; special
/// tokens have length 0. Accents and characters that are dropped belong to the character before them.
/// </para>
/// </remarks>
/// <example>
/// The bits behind every word of a sentence:
/// <code language="csharp"><![CDATA[
/// var mlContext = new MLContext(seed: 0);
/// var sentences = mlContext.Data.LoadFromTextFile<Sentence>("sentences.txt");
///
/// using var network = OnnxNetwork.Load("topics.onnx");
/// var pipeline = mlContext.Transforms.Text.TokenizeIntoWordPieces("Tokens", "vocab.txt", "Text", "Mask", "Offsets")
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
public sealed class WordPieceEstimator : TrivialEstimator<WordPieceTransformer>
{
    /// <summary>Options of <see cref="WordPieceEstimator"/>.</summary>
    public sealed class Options
    {
#pragma warning disable CA1051 // Options are public fields everywhere in ML.NET.
        /// <summary>The column for the token ids. Required.</summary>
        public string OutputColumnName = "";

        /// <summary>The text column. Null: the name of <see cref="OutputColumnName"/>.</summary>
        public string? InputColumnName;

        /// <summary>The vocabulary file: UTF-8, one token a line, the line's number is the id. Required; it is saved with the model.</summary>
        public string VocabularyPath = "";

        /// <summary>The column for the attention mask, 1 for every token. Null (default): none.</summary>
        public string? AttentionMaskColumnName;

        /// <summary>The column for the tokens' places in the original text, <c>[T, 2]</c>: start and length. Null (default): none.</summary>
        public string? OffsetsColumnName;

        /// <summary>The column for the token types, 0 for every token, for networks that ask for them. Null (default): none.</summary>
        public string? TokenTypeIdsColumnName;

        /// <summary>Whether text is lowered and its accents are taken off, as "uncased" vocabularies need. Default true.</summary>
        public bool Uncased = Defaults.Uncased;

        /// <summary>
        /// The most tokens of a row, the two special ones included: the number of positions that the network knows. Longer texts are
        /// cut, with a warning. At least 3; default 512.
        /// </summary>
        public int MaximumTokens = Defaults.MaximumTokens;
#pragma warning restore CA1051
    }

    internal static class Defaults
    {
        internal const bool Uncased = true;
        internal const int MaximumTokens = 512;
    }

    internal WordPieceEstimator(IHostEnvironment env, Options options)
        : this(Contracts.CheckRef(env, nameof(env)).Register(nameof(WordPieceEstimator)), options)
    {
    }

    private WordPieceEstimator(IHost host, Options options)
        : base(host, MakeTransformer(host, options))
    {
    }

    private static WordPieceTransformer MakeTransformer(IHost host, Options options)
    {
        host.CheckValue(options, nameof(options));
        host.CheckNonWhiteSpace(options.OutputColumnName, nameof(options.OutputColumnName));
        host.CheckUserArg(
            options.MaximumTokens >= 3, nameof(options.MaximumTokens), $"{nameof(options.MaximumTokens)} is {options.MaximumTokens}; allowed: at least 3.");
        var columns = new TokenColumns(
            options.InputColumnName ?? options.OutputColumnName, options.OutputColumnName, options.AttentionMaskColumnName,
            options.OffsetsColumnName, options.TokenTypeIdsColumnName);
        columns.Check(host, nameof(options.OutputColumnName));
        byte[] vocabulary = VocabularyFile.Read(host, options.VocabularyPath, nameof(options.VocabularyPath));
        try
        {
            return new WordPieceTransformer(host, columns, vocabulary, options.Uncased, options.MaximumTokens);
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
