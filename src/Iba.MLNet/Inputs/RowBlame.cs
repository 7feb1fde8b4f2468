using System.Runtime.InteropServices;

namespace Iba.MLNet;

/// <summary>Tells failures for which one row of a batch may be to blame, such as an id outside the vocabulary.</summary>
internal static class RowBlame
{
    /// <summary>Whether rows should be tried one by one.</summary>
    public static bool IsPossible(Exception failure)
        => failure is ExternalException or ArgumentException or InvalidDataException or FormatException
            or InvalidOperationException and not ObjectDisposedException;
}
