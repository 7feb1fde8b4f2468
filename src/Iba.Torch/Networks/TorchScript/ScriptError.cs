using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>Reads the errors of TorchScript's interpreter.</summary>
internal static class ScriptError
{
    /// <summary>The reason, in one line: TorchScript puts its own traces before it.</summary>
    public static string Reason(ExternalException exception)
    {
        string[] lines = exception.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.LastOrDefault(IsReason) ?? NativeError.FirstLine(exception);
    }

    // "RuntimeError: ...", "torch.jit.Error: ...", "AssertionError: ..."
    private static bool IsReason(string line)
        => line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var end && line[..end].EndsWith("Error", StringComparison.Ordinal) && !line[..end].Contains(' ', StringComparison.Ordinal);
}
