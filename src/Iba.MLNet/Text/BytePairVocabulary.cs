using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace Iba.MLNet;

/// <summary>The files of a byte-pair vocabulary as they are, and what they say.</summary>
/// <param name="Tokens">vocab.json: each token and its id.</param>
/// <param name="Merges">merges.txt: the pairs that are joined, the most frequent first.</param>
/// <param name="Dictionary">dict.txt of fairseq: the ids of <paramref name="Tokens"/> in another order, which gives the network's ids; null: they are those.</param>
internal sealed record BytePairVocabulary(byte[] Tokens, byte[] Merges, byte[]? Dictionary)
{
    // What fairseq puts before the lines of its dictionary.
    private static readonly string[] FairseqTokens = ["<s>", "<pad>", "</s>", "<unk>"];

    /// <summary>Each token and its id.</summary>
    /// <exception cref="FormatException">The file is none.</exception>
    public Dictionary<string, int> ReadTokens()
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, int>>(Tokens) ?? throw new FormatException("The vocabulary is empty.");
        }
        catch (JsonException failure)
        {
            throw new FormatException($"The vocabulary is no vocab.json, which maps each token to its id: {failure.Message}", failure);
        }
    }

    /// <summary>The pairs that are joined, in their order.</summary>
    /// <exception cref="FormatException">The file is none.</exception>
    public IReadOnlyList<string> ReadMerges()
    {
        string[] lines = Lines(Merges);
        string[] merges = [.. lines.Skip(lines is [['#', 'v', ..], ..] ? 1 : 0).Where(line => line.Length > 0)];
        int bad = Array.FindIndex(merges, line => line.Split(' ') is not [{ Length: > 0 }, { Length: > 0 }]);
        if (bad >= 0) throw new FormatException($"'{merges[bad]}' among the merges is no pair: merges.txt has two tokens a line, with a space between them.");
        return merges;
    }

    /// <summary>The network's id of each id in vocab.json, and of the tokens that fairseq adds; null: there is no dictionary.</summary>
    /// <exception cref="FormatException">The file is none.</exception>
    public (Dictionary<int, int> Ids, Dictionary<string, int> Special)? ReadDictionary()
    {
        if (Dictionary == null) return null;
        var ids = new Dictionary<int, int>();
        string[] lines = Lines(Dictionary);
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0) continue;
            // Lines without a number ("madeupword0000") fill the dictionary up, and stand for nothing.
            if (int.TryParse(lines[i].Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id)) ids.TryAdd(id, FairseqTokens.Length + i);
        }

        if (ids.Count == 0) throw new FormatException("The dictionary is no dict.txt of fairseq, which begins each line with an id of vocab.json.");
        return (ids, FairseqTokens.Index().ToDictionary(token => token.Item, token => token.Index));
    }

    /// <summary>The tokenizer of vocab.json and merges.txt; its ids are those of vocab.json.</summary>
    /// <exception cref="FormatException">The files do not fit each other.</exception>
    public static BpeTokenizer MakeTokenizer(IReadOnlyDictionary<string, int> tokens, IReadOnlyList<string> merges, string? unknown)
    {
        try
        {
            return BpeTokenizer.Create(new BpeOptions(tokens)
            {
                Merges = merges,
                ByteLevel = true,
                PreTokenizer = RobertaPreTokenizer.Instance, // GPT-2's: words with the space before them, numbers, punctuation, English endings.
                UnknownToken = unknown,
            });
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"The vocabulary and its merges do not belong together: {failure.Message}", failure);
        }
    }

    private static string[] Lines(byte[] file)
    {
        using var reader = new StreamReader(new MemoryStream(file));
        var lines = new List<string>();
        while (reader.ReadLine() is { } line) lines.Add(line);
        return [.. lines];
    }
}
