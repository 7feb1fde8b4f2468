using System.Security.Cryptography;

namespace Iba.Jobs;

/// <summary>Whether a file is still the one that the plan saw.</summary>
internal static class FileState
{
    /// <summary>A file's size in bytes, when it was changed, and its hash if it is wanted; a size of -1: there is none that can be read.</summary>
    public static (long Size, long Modified, string? Sha256) Of(string path, bool hash)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists ? (file.Length, file.LastWriteTimeUtc.Ticks, hash ? HashOf(path) : null) : (-1, 0, null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (-1, 0, null);
        }
    }

    /// <summary>What is wrong with a file of the plan, as a failure says it; null: nothing. The words are the same on every machine.</summary>
    /// <param name="input">What the plan says.</param>
    /// <param name="path">Where the file lies here.</param>
    public static string? Problem(JobInput input, string path)
    {
        if (input.Size < 0) return "There was no such file, or none that could be read, when the plan was made.";
        var (size, modified, _) = Of(path, hash: false);
        if (size < 0) return "The file is gone since the plan was made.";
        if (size != input.Size) return "The file changed since the plan was made: its size is another one.";
        if (modified == input.Modified) return null;
        // A copy has another time, and may be the same.
        return input.Sha256 == null ? "The file was written to since the plan was made, and the plan has no hash to tell whether it changed."
            : Of(path, hash: true).Sha256 == input.Sha256 ? null
            : "The file changed since the plan was made.";
    }

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
