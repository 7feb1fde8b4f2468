using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Vocabularies as entries of a model zip, byte by byte as their files were.</summary>
internal static class VocabularyFile
{
    public static byte[] Read(IExceptionContext context, ModelLoadContext ctx, string entry)
        => ReadOptional(ctx, entry) ?? throw context.ExceptDecode($"The model has no entry {entry}.");

    /// <summary>Null: there is no such entry.</summary>
    public static byte[]? ReadOptional(ModelLoadContext ctx, string entry)
    {
        byte[]? vocabulary = null;
        ctx.TryLoadBinaryStream(entry, reader =>
        {
            using var bytes = new MemoryStream();
            reader.BaseStream.CopyTo(bytes);
            vocabulary = bytes.ToArray();
        });
        return vocabulary;
    }

    public static void Write(ModelSaveContext ctx, string entry, byte[] vocabulary) => ctx.SaveBinaryStream(entry, writer => writer.Write(vocabulary));
}
