using TorchSharp;

namespace Iba.Torch;

/// <summary>Where the runtime looks for native libraries of packages.</summary>
internal static class NativeSearch
{
    /// <summary>The folders, nearest first: those of the application's dependencies, the application's own, TorchSharp's.</summary>
    public static IReadOnlyList<string> Folders()
    {
        string dependencies = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        var folders = dependencies.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).ToList();
        foreach (string? root in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(typeof(torch).Assembly.Location) })
        {
            if (string.IsNullOrEmpty(root)) continue;
            folders.Add(root);
            folders.Add(Path.Combine(root, "runtimes", TorchLibraryAdvice.Runtime(), "native"));
        }

        return folders.Select(folder => Path.TrimEndingDirectorySeparator(folder)).Distinct().ToArray();
    }

    /// <summary>The first file of that name in <see cref="Folders"/>, or null.</summary>
    public static string? Find(string fileName)
        => Folders().Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);
}
