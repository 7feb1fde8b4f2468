using System.Diagnostics.CodeAnalysis;
using TorchSharp;

namespace Iba.Torch;

/// <summary>Where the runtime looks for native libraries of packages.</summary>
internal static class NativeSearch
{
    private const string Empty = "Within a single file the path is empty, which is looked at: its natives lie in the application's own folder.";

    /// <summary>
    /// The folders, nearest first: those of the application's dependencies, the application's own, TorchSharp's, and those of the packages beside it, where an
    /// assembly is loaded out of NuGet's cache, as notebooks do it.
    /// </summary>
    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = Empty)]
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

        folders.AddRange(PackageFolders(typeof(torch).Assembly.Location));
        return folders.Select(folder => Path.TrimEndingDirectorySeparator(folder)).Distinct().ToArray();
    }

    /// <summary>The native folders in NuGet's cache that belong to TorchSharp's assembly there; none: it lies elsewhere.</summary>
    /// <param name="assembly">The assembly's path, <c>cache/torchsharp/version/lib/framework/TorchSharp.dll</c>.</param>
    public static IEnumerable<string> PackageFolders(string assembly)
    {
        var version = assembly.Length == 0 ? null : Directory.GetParent(assembly)?.Parent?.Parent;
        if (version?.Parent is not { Parent: { } cache } package || !package.Name.Equals("torchsharp", StringComparison.OrdinalIgnoreCase)) yield break;
        string runtime = TorchLibraryAdvice.Runtime();
        yield return Path.Combine(version.FullName, "runtimes", runtime, "native");
        if (TorchLibraryAdvice.CpuPackage(runtime) is { } libtorch) yield return Path.Combine(cache.FullName, libtorch, TorchLibraryAdvice.LibtorchVersion, "runtimes", runtime, "native");
    }

    /// <summary>The first file of that name in <see cref="Folders"/>, or null.</summary>
    public static string? Find(string fileName)
        => Folders().Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);
}
