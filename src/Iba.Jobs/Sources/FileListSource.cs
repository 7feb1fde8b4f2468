using System.Text;

namespace Iba.Jobs;

/// <summary>Picture files by name.</summary>
internal class FileListSource(string folder, IReadOnlyList<(string Path, string? Target)> files) : JobSource(SourceKind.Pictures, folder)
{
    /// <summary>The lines of a list, without those that are empty.</summary>
    public static IEnumerable<(string Path, string? Target)> ReadList(string list)
    {
        foreach (string line in File.ReadLines(list, Encoding.UTF8))
        {
            if (line.Contains('\0', StringComparison.Ordinal))
            {
                throw new InvalidDataException(
                    $"'{list}' is no list of files: it is no text. Pictures end in {string.Join(", ", PictureExtensions)}, tables in .parquet or .idv.");
            }

            if (string.IsNullOrWhiteSpace(line)) continue;
            string[] parts = line.Split('\t', 2);
            yield return (parts[0].Trim(), parts.Length > 1 && parts[1].Trim() is { Length: > 0 } target ? target : null);
        }
    }

    internal override IEnumerable<JobInput> Read(bool hash)
    {
        long row = 0;
        foreach (var (path, target) in files)
        {
            var (size, modified, sha256) = FileState.Of(Path.Combine(Location, path), hash);
            yield return new JobInput(row++, path, size, modified, sha256, target);
        }
    }
}
