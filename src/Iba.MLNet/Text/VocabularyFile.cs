using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>The files of a vocabulary, and the same bytes as entries of a model zip.</summary>
internal static class VocabularyFile
{
    /// <summary>Reads a file that a user named.</summary>
    public static byte[] Read(IExceptionContext context, string path, string parameter)
    {
        context.CheckNonWhiteSpace(path, parameter);
        context.CheckUserArg(File.Exists(path), parameter, $"There is no file '{path}'.");
        return File.ReadAllBytes(path);
    }

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
