using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Iba.Jobs;

/// <summary>By <c>CreateHardLink</c>, which fails where the name is taken. NTFS keeps its names in a journal: there is no folder to flush.</summary>
internal sealed partial class WindowsCommitStore : ICommitStore
{
    private const int FileExists = 80;
    private const int AlreadyExists = 183;

    /// <inheritdoc/>
    public bool TryLink(string file, string name)
    {
        if (CreateHardLink(name, file, 0)) return true;
        int error = Marshal.GetLastPInvokeError();
        if (error is FileExists or AlreadyExists) return false;
        throw new IOException($"'{name}' cannot be committed: {new Win32Exception(error).Message} The job's folder must lie on a file system that has hard links (NTFS).");
    }

    /// <inheritdoc/>
    public void FlushFolder(string folder)
    {
    }

    [LibraryImport("kernel32.dll", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string name, string file, nint attributes);
}
