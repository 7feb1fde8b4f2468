namespace Iba.Torch;

/// <summary>Makes libtorch's errors readable.</summary>
internal static class NativeError
{
    /// <summary>The first line of an error message: libtorch appends its own call stack.</summary>
    public static string FirstLine(Exception exception)
    {
        string message = exception.Message.Trim();
        int end = message.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? message : message[..end].TrimEnd();
    }
}
