using System.Runtime.InteropServices;

namespace Iba.Jobs;

/// <summary>
/// By <c>link(2)</c>, which fails where the name is taken. <c>File.Move(overwrite: false)</c> does not: it looks first and renames then, so that of
/// two processes both may succeed. And .NET cannot open a folder to flush it.
/// </summary>
internal sealed partial class UnixCommitStore : ICommitStore
{
    // The numbers are those of Linux and of macOS.
    private const int NotPermitted = 1;
    private const int Exists = 17;
    private const int CrossDevice = 18;
    private const int InvalidArgument = 22;

    /// <inheritdoc/>
    public bool TryLink(string file, string name)
    {
        if (Link(file, name) == 0) return true;
        int error = Marshal.GetLastPInvokeError();
        if (error == Exists) return false;
        string advice = error is NotPermitted or CrossDevice ? ": the job's folder must lie on one file system that has hard links" : "";
        throw new IOException($"'{name}' cannot be committed: {Marshal.GetPInvokeErrorMessage(error)} ({error}){advice}.");
    }

    /// <inheritdoc/>
    public void FlushFolder(string folder)
    {
        int descriptor = Open(folder, 0);
        if (descriptor < 0) throw Failure(folder);
        try
        {
            // Some file systems have nothing to flush, and say that the argument is invalid.
            if (Flush(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument) throw Failure(folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string folder)
        => new($"The folder '{folder}' cannot be flushed to the disk: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
