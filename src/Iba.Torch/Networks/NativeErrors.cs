using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>Reads libtorch's errors, which arrive with a C++ stack in the message.</summary>
internal static class NativeErrors
{
    /// <summary>The message without the stack.</summary>
    public static string FirstLine(ExternalException error) => error.Message.Split('\n', 2)[0].Trim();

    /// <summary>Whether memory ran out, on the CPU or a device: the same work in smaller parts may succeed.</summary>
    public static bool IsOutOfMemory(ExternalException error)
        => error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);
}
