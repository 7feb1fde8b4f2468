using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>Reads libtorch's errors, which arrive with a C++ stack in the message.</summary>
internal static class NativeErrors
{
    /// <summary>What the allocators of libtorch, cuDNN and cuBLAS, and C++ itself say.</summary>
    private static readonly string[] Signs = ["out of memory", "not enough memory", "can't allocate memory", "ALLOC_FAILED", "bad_alloc"];

    /// <summary>The message without the stack.</summary>
    public static string FirstLine(ExternalException error) => error.Message.Split('\n', 2)[0].Trim();

    /// <summary>
    /// Whether memory ran out, on the CPU or a device: the same work in smaller parts may succeed. Networks wrap libtorch's error, to say
    /// where it happened.
    /// </summary>
    public static bool IsOutOfMemory(Exception error)
        => error is ExternalException && Signs.Any(sign => error.Message.Contains(sign, StringComparison.OrdinalIgnoreCase))
            || (error.InnerException is { } cause && IsOutOfMemory(cause));
}
