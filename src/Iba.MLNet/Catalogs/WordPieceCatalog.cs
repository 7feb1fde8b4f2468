using Iba.MLNet;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds the WordPiece step to <c>mlContext.Transforms.Text</c>.</summary>
public static class WordPieceCatalog
{
    /// <summary>
    /// Turns a text column into the token ids of a BERT vocabulary: <c>[CLS]</c>, the pieces of its words, <c>[SEP]</c>.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column for the ids, a vector of <see cref="long"/> of variable length.</param>
    /// <param name="vocabularyPath">The vocabulary file (vocab.txt): one token a line, the line's number is the id.</param>
    /// <param name="inputColumnName">The text column. Null: the name of <paramref name="outputColumnName"/>.</param>
    /// <param name="attentionMaskColumnName">The column for the attention mask, 1 for every token. Null: none.</param>
    /// <param name="offsetsColumnName">
    /// The column for start and length of each token in the original text, two <see cref="int"/> a token. Null: none.
    /// </param>
    /// <param name="maximumTokens">The most tokens of a row, [CLS] and [SEP] included; longer texts are cut, with a warning.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext();
    /// var texts = mlContext.Data.LoadFromEnumerable([new Sentence { Text = "The bank raised its rates." }]);
    ///
    /// var tokenizer = mlContext.Transforms.Text.TokenizeIntoWordPieces("Tokens", "vocab.txt", "Text", attentionMaskColumnName: "Mask");
    /// var tokens = tokenizer.Fit(texts).Transform(texts);
    /// Console.WriteLine(string.Join(' ', tokens.GetColumn<long[]>("Tokens").First())); // 101 1996 2924 ... 102
    ///
    /// class Sentence
    /// {
    ///     public string Text { get; set; } = "";
    /// }
    /// ]]></code>
    /// </example>
    public static WordPieceEstimator TokenizeIntoWordPieces(
        this TransformsCatalog.TextTransforms catalog, string outputColumnName, string vocabularyPath, string? inputColumnName = null,
        string? attentionMaskColumnName = null, string? offsetsColumnName = null,
        int maximumTokens = WordPieceEstimator.Defaults.MaximumTokens)
        => catalog.TokenizeIntoWordPieces(new WordPieceEstimator.Options
        {
            OutputColumnName = outputColumnName,
            VocabularyPath = vocabularyPath,
            InputColumnName = inputColumnName,
            AttentionMaskColumnName = attentionMaskColumnName,
            OffsetsColumnName = offsetsColumnName,
            MaximumTokens = maximumTokens,
        });

    /// <summary>Turns a text column into the token ids of a BERT vocabulary, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext();
    /// var texts = mlContext.Data.LoadFromEnumerable([new Sentence { Text = "Berlin liegt an der Spree." }]);
    ///
    /// // A cased vocabulary, for a network that knows 256 positions and asks for token types.
    /// var tokenizer = mlContext.Transforms.Text.TokenizeIntoWordPieces(new WordPieceEstimator.Options
    /// {
    ///     OutputColumnName = "input_ids",
    ///     InputColumnName = "Text",
    ///     VocabularyPath = "vocab.txt",
    ///     AttentionMaskColumnName = "attention_mask",
    ///     TokenTypeIdsColumnName = "token_type_ids",
    ///     Uncased = false,
    ///     MaximumTokens = 256,
    /// });
    /// var tokens = tokenizer.Fit(texts).Transform(texts);
    ///
    /// class Sentence
    /// {
    ///     public string Text { get; set; } = "";
    /// }
    /// ]]></code>
    /// </example>
    public static WordPieceEstimator TokenizeIntoWordPieces(this TransformsCatalog.TextTransforms catalog, WordPieceEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
