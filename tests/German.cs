using System.Globalization;

namespace Iba.Tests;

/// <summary>A culture that writes a half as 0,5 and a thousand as 1.000.</summary>
internal static class German
{
    public static CultureInfo Culture { get; } = CultureInfo.GetCultureInfo("de-DE");

    /// <summary>Does something on a thread of that culture, as do the threads that are started meanwhile.</summary>
    public static T Do<T>(Func<T> action)
    {
        var (before, beforeOfThreads) = (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture);
        (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture) = (Culture, Culture);
        try
        {
            Assert.Equal("0,5", $"{0.5}");
            return action();
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture) = (before, beforeOfThreads);
        }
    }
}
