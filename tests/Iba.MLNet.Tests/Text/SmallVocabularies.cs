using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace Iba.MLNet.Tests;

/// <summary>Vocabularies that fit on a page, so that ids can be told by hand.</summary>
internal static class SmallVocabularies
{
    private static readonly string[] Merges = ["h e", "l l", "he ll", "hell o", "\u0120 w", "o r", "l d", "\u0120w or", "\u0120wor ld"];

    /// <summary>&lt;s&gt; 0, &lt;pad&gt; 1, &lt;/s&gt; 2, &lt;unk&gt; 3, the byte of value n is n + 4, and 260 to 268 are he, ll, hell, hello, " w", or, ld, " wor", " world".</summary>
    public static BytePairVocabulary BytePairs { get; } = MakeBytePairs(["<s>", "<pad>", "</s>", "<unk>"]);

    /// <summary>The same without special tokens: bytes from 0, he 256, " world" 264.</summary>
    public static BytePairVocabulary PlainBytePairs { get; } = MakeBytePairs([]);

    /// <summary>A SentencePiece model: &lt;unk&gt; 0, &lt;s&gt; 1, &lt;/s&gt; 2, then the pieces.</summary>
    /// <param name="bpe">Whether it is of type BPE, not Unigram.</param>
    /// <param name="removeExtraSpaces">Whether several spaces are one.</param>
    /// <param name="bytes">Whether it spells unknown characters by their bytes.</param>
    public static byte[] SentencePieces(bool bpe = false, bool removeExtraSpaces = true, bool bytes = false)
    {
        (string Piece, float Score, int Type)[] pieces =
        [
            ("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3),
            ("\u2581the", -1, 1), ("\u2581", -2, 1), ("\u2581bank", -3, 1), ("s", -4, 1), ("\u2581b", -5, 1), ("an", -5.5f, 1),
            .. "kthanbeé".Distinct().Select(letter => ($"{letter}", -7f, 1)), ("<pad>", 0, 4),
            .. Enumerable.Range(0, bytes ? 256 : 0).Select(value => ($"<0x{value:X2}>", -10f, 6)),
        ];
        return Message(output =>
        {
            foreach (var (piece, score, type) in pieces)
            {
                Write(output, 1, Message(inner =>
                {
                    inner.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    inner.WriteString(piece);
                    inner.WriteTag(2, WireFormat.WireType.Fixed32);
                    inner.WriteFloat(score);
                    Write(inner, 3, type);
                }));
            }

            // trainer_spec: model_type, byte_fallback; normalizer_spec: add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces.
            Write(output, 2, Message(inner =>
            {
                Write(inner, 3, bpe ? 2 : 1);
                Write(inner, 35, bytes ? 1 : 0);
            }));
            Write(output, 3, Message(inner =>
            {
                Write(inner, 3, 1);
                Write(inner, 4, removeExtraSpaces ? 1 : 0);
                Write(inner, 5, 1);
            }));
        });
    }

    private static BytePairVocabulary MakeBytePairs(string[] special)
    {
        var tokens = special.Concat(ByteSymbols.All.Select(symbol => $"{symbol}")).Concat(Merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)));
        return new BytePairVocabulary(
            JsonSerializer.SerializeToUtf8Bytes(tokens.Index().ToDictionary(token => token.Item, token => token.Index)),
            Encoding.UTF8.GetBytes("#version: 0.2\r\n" + string.Join("\r\n", Merges) + "\r\n"), Dictionary: null);
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) write(output);
        return bytes.ToArray();
    }

    private static void Write(CodedOutputStream output, int field, byte[] message)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
    }

    private static void Write(CodedOutputStream output, int field, int number)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(number);
    }
}
