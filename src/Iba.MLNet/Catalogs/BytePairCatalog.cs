using Iba.MLNet;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds the byte-pair step to <c>mlContext.Transforms.Text</c>.</summary>
public static class BytePairCatalog
{
    /// <summary>
    /// Turns a text column into the token ids of a byte-pair vocabulary, as GPT-2 and RoBERTa have it: <c>&lt;s&gt;</c>, the pieces of its words,
    /// <c>&lt;/s&gt;</c>; the two only where the vocabulary has them.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column for the ids, a vector of <see cref="long"/> of variable length.</param>
    /// <param name="vocabularyPath">The vocabulary, vocab.json: each token and its id.</param>
    /// <param name="mergesPath">The pairs that are joined, merges.txt: two tokens a line.</param>
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
    /// var tokenizer = mlContext.Transforms.Text.TokenizeIntoBytePairs("Tokens", "vocab.json", "merges.txt", "Text", attentionMaskColumnName: "Mask");
    /// var tokens = tokenizer.Fit(texts).Transform(texts);
    /// Console.WriteLine(string.Join(' ', tokens.GetColumn<long[]>("Tokens").First())); // RoBERTa: 0 31414 232 328 2
    ///
    /// class Sentence
    /// {
    ///     public string Text { get; set; } = "";
    /// }
    /// ]]></code>
    /// </example>
    public static BytePairEstimator TokenizeIntoBytePairs(
        this TransformsCatalog.TextTransforms catalog, string outputColumnName, string vocabularyPath, string mergesPath, string? inputColumnName = null,
        string? attentionMaskColumnName = null, string? offsetsColumnName = null,
        int maximumTokens = BytePairEstimator.Defaults.MaximumTokens)
        => catalog.TokenizeIntoBytePairs(new BytePairEstimator.Options
        {
            OutputColumnName = outputColumnName,
            VocabularyPath = vocabularyPath,
            MergesPath = mergesPath,
            InputColumnName = inputColumnName,
            AttentionMaskColumnName = attentionMaskColumnName,
            OffsetsColumnName = offsetsColumnName,
            MaximumTokens = maximumTokens,
        });

    /// <summary>Turns a text column into the token ids of a byte-pair vocabulary, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext();
    /// var texts = mlContext.Data.LoadFromEnumerable([new Sentence { Text = "Hello world!" }]);
    ///
    /// // GPT-2 has one special token, which classifiers made of it are padded with; nothing stands around a text.
    /// var tokenizer = mlContext.Transforms.Text.TokenizeIntoBytePairs(new BytePairEstimator.Options
    /// {
    ///     OutputColumnName = "input_ids",
    ///     InputColumnName = "Text",
    ///     VocabularyPath = "vocab.json",
    ///     MergesPath = "merges.txt",
    ///     AttentionMaskColumnName = "attention_mask",
    ///     PaddingToken = "<|endoftext|>",
    ///     MaximumTokens = 1024,
    /// });
    /// var tokens = tokenizer.Fit(texts).Transform(texts);
    ///
    /// class Sentence
    /// {
    ///     public string Text { get; set; } = "";
    /// }
    /// ]]></code>
    /// </example>
    public static BytePairEstimator TokenizeIntoBytePairs(this TransformsCatalog.TextTransforms catalog, BytePairEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
