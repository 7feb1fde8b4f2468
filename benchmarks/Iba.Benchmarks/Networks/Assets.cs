namespace Iba.Benchmarks;

/// <summary>Files that lie beside the program.</summary>
internal static class Assets
{
    public static string Path(params string[] parts) => System.IO.Path.Combine([AppContext.BaseDirectory, "assets", .. parts]);

    /// <summary>The photographs, in the order of their names.</summary>
    public static string[] Photos() => Directory.GetFiles(Path("photos"), "*.jpg").Order(StringComparer.Ordinal).ToArray();
}
