using Iba.MLNet;
using Iba.Reports;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Hosting;

/// <summary>Finds the words of a text behind the tokens of a chain.</summary>
internal static class TextPlaces
{
    /// <summary>The columns of a chain's tokenizer; null: it has none of ours.</summary>
    public static TokenColumns? Tokens(IEnumerable<ITransformer> steps) => steps.Select(step => step switch
    {
        WordPieceTransformer words => words.Columns,
        BytePairTransformer bytes => bytes.Columns,
        SentencePieceTransformer sentences => sentences.Columns,
        _ => null,
    }).LastOrDefault(columns => columns != null);

    /// <summary>The words with their bits; null: the tokenizer was not told to say where tokens stand.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokens">The tokenizer's columns.</param>
    /// <param name="row">What the tokenizer made of the text, a single row.</param>
    /// <param name="bits">The bits of each token.</param>
    public static IReadOnlyList<TextBits>? Words(string text, TokenColumns tokens, IDataView row, float[] bits)
    {
        string? column = tokens.Outputs.FirstOrDefault(output => output.Content == TokenContent.Offsets)?.Name;
        if (column == null) return null;
        int[] offsets = row.GetColumn<int[]>(column).First();
        return [.. WordBits.Join(text, offsets.AsSpan(0, 2 * bits.Length), bits).Select(word => new TextBits(word.Start, word.Length, word.Bits))];
    }
}
