using System.IO.Compression;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>Model files in memory, and what somebody could do to them.</summary>
internal static class ModelFile
{
    public static byte[] Save(MLContext ml, ITransformer transformer, DataViewSchema? schema = null)
    {
        using var stream = new MemoryStream();
        ml.Model.Save(transformer, schema, stream);
        return stream.ToArray();
    }

    /// <summary>All entries, by name.</summary>
    public static SortedDictionary<string, byte[]> Entries(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        return new(zip.Entries.ToDictionary(entry => entry.FullName, Read), StringComparer.Ordinal);
    }

    /// <summary>The file with one entry, named by its end, changed.</summary>
    public static byte[] Change(byte[] file, string name, Func<byte[], byte[]> change)
    {
        var entries = Entries(file);
        string path = entries.Keys.Single(key => key.EndsWith(name, StringComparison.Ordinal));
        entries[path] = change(entries[path]);
        return Write(entries);
    }

    public static byte[] Write(IEnumerable<KeyValuePair<string, byte[]>> entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, bytes) in entries)
            {
                using var content = zip.CreateEntry(path).Open();
                content.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using var bytes = new MemoryStream();
        using (var content = entry.Open()) content.CopyTo(bytes);
        return bytes.ToArray();
    }
}
