using System.Security.Cryptography;

namespace Iba.Jobs;

/// <summary>
/// Writes a file so that it is there as a whole or not at all, never replaces another one, and may be tried again by anybody: under a temporary
/// name first, then flushed, then linked to its final name, which only the first gets.
/// </summary>
/// <param name="store">The file system. Null: this machine's.</param>
/// <param name="afterStep">Called after each step; null: nobody.</param>
internal sealed class FileCommit(ICommitStore? store = null, Action<CommitStep>? afterStep = null)
{
    private readonly ICommitStore _store = store ?? (OperatingSystem.IsWindows() ? new WindowsCommitStore() : new UnixCommitStore());

    /// <summary>Commits one file.</summary>
    /// <param name="temporary">The temporary name, which nobody else uses.</param>
    /// <param name="target">The final name, on the same file system. Its folder is made.</param>
    /// <param name="write">Writes what belongs into it: the same bytes whenever it is tried again.</param>
    /// <param name="conflicts">The folder for files that came second and have other bytes. Null: those are dropped.</param>
    /// <exception cref="IOException">The disk is full or broken, or the file system refuses. Nothing was committed.</exception>
    public CommitResult Publish(string temporary, string target, Action<Stream> write, string? conflicts = null)
    {
        string folder = Path.GetDirectoryName(target)!;
        try
        {
            MakeFolder(folder);
            Write(temporary, write);
            bool isFirst = _store.TryLink(temporary, target);
            After(CommitStep.Linked);
            // Also for the second: the first may have ended before it flushed, and the second's caller relies on the name, too.
            _store.FlushFolder(folder);
            After(CommitStep.FolderFlushed);
            var result = isFirst || HashOf(temporary) == HashOf(target) ? (isFirst ? CommitResult.Committed : CommitResult.AlreadyThere) : CommitResult.Conflict;
            if (result == CommitResult.Conflict && conflicts != null) KeepAside(temporary, target, conflicts);
            File.Delete(temporary);
            After(CommitStep.Removed);
            return result;
        }
        catch (Exception failure) when (failure is not ProcessEndedException)
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>The SHA-256 of a file, 64 hexadecimal digits.</summary>
    public static string HashOf(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    // Each new one is on the disk before what lies in it.
    private void MakeFolder(string folder)
    {
        if (Directory.Exists(folder) || Path.GetDirectoryName(folder) is not { } parent) return;
        MakeFolder(parent);
        Directory.CreateDirectory(folder);
        _store.FlushFolder(parent);
    }

    private void Write(string temporary, Action<Stream> write)
    {
        using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write);
        After(CommitStep.Created);
        write(stream);
        After(CommitStep.Written);
        stream.Flush(flushToDisk: true);
        After(CommitStep.Flushed);
    }

    // Named by its hash, so that the same conflict is there once.
    private void KeepAside(string temporary, string target, string conflicts)
    {
        Directory.CreateDirectory(conflicts);
        _store.TryLink(temporary, Path.Combine(conflicts, $"{Path.GetFileNameWithoutExtension(target)}.{HashOf(temporary)[..16]}{Path.GetExtension(target)}"));
        _store.FlushFolder(conflicts);
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What is wrong has been said; a temporary file that stays does no harm.
        }
    }

    private void After(CommitStep step) => afterStep?.Invoke(step);
}
