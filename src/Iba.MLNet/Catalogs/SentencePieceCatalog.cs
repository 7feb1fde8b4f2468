using Iba.MLNet;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds the SentencePiece step to <c>mlContext.Transforms.Text</c>.</summary>
public static class SentencePieceCatalog
{
    /// <summary>
    /// Turns a text column into the token ids of a SentencePiece model, of type BPE or Unigram, with the model's own tokens before and behind it,
    /// as far as it has them.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column for the ids, a vector of <see cref="long"/> of variable length.</param>
    /// <param name="modelPath">The model: tokenizer.model, spiece.model, spm.model.</param>
    /// <param name="inputColumnName">The text column. Null: the name of <paramref name="outputColumnName"/>.</param>
    /// <param name="attentionMaskColumnName">The column for the attention mask, 1 for every token. Null: none.</param>
    /// <param name="offsetsColumnName">
    /// The column for start and length of each token in the original text, two <see cref="int"/> a token. Null: none.
    /// </param>
    /// <param name="maximumTokens">The most tokens of a row, those around the text included; longer texts are cut, with a warning.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext();
    /// var texts = mlContext.Data.LoadFromEnumerable([new Sentence { Text = "Hello world!" }]);
    ///
    /// var tokenizer = mlContext.Transforms.Text.TokenizeIntoSentencePieces("Tokens", "spiece.model", "Text", attentionMaskColumnName: "Mask");
    /// var tokens = tokenizer.Fit(texts).Transform(texts);
    /// Console.WriteLine(string.Join(' ', tokens.GetColumn<long[]>("Tokens").First()));
    ///
    /// class Sentence
    /// {
    ///     public string Text { get; set; } = "";
    /// }
    /// ]]></code>
    /// </example>
    public static SentencePieceEstimator TokenizeIntoSentencePieces(
        this TransformsCatalog.TextTransforms catalog, string outputColumnName, string modelPath, string? inputColumnName = null,
        string? attentionMaskColumnName = null, string? offsetsColumnName = null,
        int maximumTokens = SentencePieceEstimator.Defaults.MaximumTokens)
        => catalog.TokenizeIntoSentencePieces(new SentencePieceEstimator.Options
        {
            OutputColumnName = outputColumnName,
            ModelPath = modelPath,
            InputColumnName = inputColumnName,
            AttentionMaskColumnName = attentionMaskColumnName,
            OffsetsColumnName = offsetsColumnName,
            MaximumTokens = maximumTokens,
        });

    /// <summary>Turns a text column into the token ids of a SentencePiece model, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext();
    /// var texts = mlContext.Data.LoadFromEnumerable([new Sentence { Text = "Hello world!" }]);
    ///
    /// // XLM-RoBERTa counts its pieces as fairseq does.
    /// var tokenizer = mlContext.Transforms.Text.TokenizeIntoSentencePieces(new SentencePieceEstimator.Options
    /// {
    ///     OutputColumnName = "input_ids",
    ///     InputColumnName = "Text",
    ///     ModelPath = "sentencepiece.bpe.model",
    ///     FairseqIds = true,
    ///     AttentionMaskColumnName = "attention_mask",
    /// });
    /// var tokens = tokenizer.Fit(texts).Transform(texts);
    ///
    /// class Sentence
    /// {
    ///     public string Text { get; set; } = "";
    /// }
    /// ]]></code>
    /// </example>
    public static SentencePieceEstimator TokenizeIntoSentencePieces(this TransformsCatalog.TextTransforms catalog, SentencePieceEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
