using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Iba.Torch;

/// <summary>
/// A Linux file that lies in memory only and has no name that another user could guess or replace (<c>memfd_create</c>).
/// </summary>
internal static partial class MemoryFile
{
    private const uint CloseOnExec = 1; // MFD_CLOEXEC

    /// <summary>Loads a native library from memory. Its file descriptor stays open for as long as the process lives.</summary>
    /// <param name="name">A label for debuggers; it need not be unique.</param>
    /// <param name="library">The library's bytes.</param>
    /// <exception cref="IOException">The kernel refuses files in memory.</exception>
    /// <exception cref="DllNotFoundException">The library does not load.</exception>
    public static nint LoadLibrary(string name, ReadOnlySpan<byte> library)
    {
        int descriptor = Create(name, CloseOnExec);
        if (descriptor < 0) throw new IOException($"memfd_create failed: {Marshal.GetLastPInvokeErrorMessage()}.");

        // Never closed: the loader knows the library by this path, and a later file with the same number would be taken for it.
        var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        RandomAccess.Write(handle, library, fileOffset: 0);
        return NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Create(string name, uint flags);
}
