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
    public static WordPieceEstimator TokenizeIntoWordPieces(this TransformsCatalog.TextTransforms catalog, WordPieceEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
