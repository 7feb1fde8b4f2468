using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>
/// TorchSharp makes a native scalar of every number that it hands to libtorch (the 1 of <c>a + 1</c>, and the weight 1 of <c>a.add_(b)</c>),
/// and nothing keeps it alive during the call: a garbage collection at that moment frees it, and libtorch, on a busy machine, may read it only
/// then. It sees that the memory holds no scalar any more and reports it.
/// </summary>
internal static class LostScalar
{
    private const string Reporter = "Scalar.h";

    /// <summary>Computes something, and once more if a scalar was lost.</summary>
    /// <param name="compute">Gives the same each time.</param>
    public static T Repeat<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception error) when (IsReported(error))
        {
            return compute();
        }
    }

    private static bool IsReported(Exception error)
        => error is ExternalException && error.Message.Contains(Reporter, StringComparison.Ordinal)
            || (error.InnerException is { } cause && IsReported(cause));
}
