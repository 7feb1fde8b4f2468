using System.Globalization;
using Iba.Jobs;
using Iba.MLNet;
using Iba.Reports;
using Iba.Torch;

namespace Iba.Cli;

/// <summary>What a row of tokens is to readers: a text with its words, or bytes.</summary>
internal sealed record RowContent
{
    /// <summary>The text; null: bytes.</summary>
    public string? Text { get; private init; }

    /// <summary>Its words.</summary>
    public IReadOnlyList<TextBits> Words { get; private init; } = [];

    /// <summary>The bytes; none: a text.</summary>
    public IReadOnlyList<ByteBits> Bytes { get; private init; } = [];

    /// <summary>Bits that are at no word or byte: at special tokens, and at padding.</summary>
    public double Elsewhere { get; private init; }

    /// <summary>A text whose tokens were explained.</summary>
    /// <param name="text">The text.</param>
    /// <param name="encoder">What made tokens of it.</param>
    /// <param name="row">The row.</param>
    public static RowContent OfText(string text, ITokenEncoder encoder, JobRow row)
    {
        var pieces = encoder.Encode(text.AsMemory()).Pieces;
        float[] bits = Bits(row, pieces.Count);
        int[] offsets = [.. pieces.SelectMany(piece => new[] { piece.Start, piece.Length })];
        return Of(text, [.. WordBits.Join(text, offsets, bits).Select(word => new TextBits(word.Start, word.Length, word.Bits))], row);
    }

    /// <summary>Numbers that were explained and that nobody says more of.</summary>
    public static RowContent OfNumbers(IReadOnlyList<long> numbers, JobRow row)
    {
        float[] bits = Bits(row, numbers.Count);
        string[] words = [.. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        var places = new TextBits[words.Length];
        for (int i = 0, at = 0; i < words.Length; at += words[i].Length + 1, i++) places[i] = new TextBits(at, words[i].Length, bits[i]);
        return Of(string.Join(' ', words), places, row);
    }

    /// <summary>Bytes that were explained; other numbers are padding.</summary>
    public static RowContent OfBytes(IReadOnlyList<long> numbers, JobRow row)
    {
        float[] bits = Bits(row, numbers.Count);
        ByteBits[] bytes = [.. numbers.Select((number, i) => (number, i)).Where(place => place.number is >= 0 and <= byte.MaxValue).Select(place => new ByteBits(place.i, (byte)place.number, bits[place.i]))];
        return new RowContent { Bytes = bytes, Elsewhere = Left(row, bytes.Sum(value => value.Bits)) };
    }

    private static RowContent Of(string text, TextBits[] words, JobRow row)
        => new() { Text = text, Words = words, Elsewhere = Left(row, words.Sum(word => word.Bits)) };

    private static double Left(JobRow row, double here) => Math.Max(0, row.Heatmap!.Sum(bits => (double)bits) - here);

    /// <summary>Bits of each token; none at those that were cut off.</summary>
    private static float[] Bits(JobRow row, int tokens)
    {
        float[] bits = row.InputShape is [var length] && row.Heatmap!.Length is > 0 and var positions && positions != length ? Heatmap.Stretch(row.Heatmap, length) : row.Heatmap!;
        return bits.Length == tokens ? bits : [.. bits.Take(tokens), .. Enumerable.Repeat(0f, Math.Max(0, tokens - bits.Length))];
    }
}
