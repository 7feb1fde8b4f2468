using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>Reads libtorch's errors, which arrive with a C++ stack in the message.</summary>
internal static class NativeError
{
    /// <summary>What the allocators of libtorch, cuDNN and cuBLAS, and C++ itself say.</summary>
    private static readonly string[] SignsOfMemory = ["out of memory", "not enough memory", "can't allocate memory", "ALLOC_FAILED", "bad_alloc"];

    /// <summary>The message without the stack.</summary>
    public static string FirstLine(Exception error)
    {
        string message = error.Message.Trim();
        int end = message.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? message : message[..end].TrimEnd();
    }

    /// <summary>
    /// Whether memory ran out, of the CPU, a device or .NET: the same work in smaller parts may succeed. Networks wrap libtorch's error, to say
    /// where it happened.
    /// </summary>
    public static bool IsOutOfMemory(Exception error)
        => error is OutOfMemoryException
            || error is ExternalException && SignsOfMemory.Any(sign => error.Message.Contains(sign, StringComparison.OrdinalIgnoreCase))
            || (error.InnerException is { } cause && IsOutOfMemory(cause));
}
