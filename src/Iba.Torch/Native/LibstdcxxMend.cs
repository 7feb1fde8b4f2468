using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>
/// Loads TorchSharp 0.107's native library on Linux systems whose libstdc++ is older than the one it was linked with (Debian 12,
/// Ubuntu 22.04). The library names symbol version GLIBCXX_3.4.32 but uses nothing of it, so a copy in memory that needs the version
/// only weakly loads. Projects that build against our package carry such a copy already; this is for output that was built elsewhere.
/// </summary>
internal static class LibstdcxxMend
{
    /// <summary>The symbol version in question (GCC 13.2).</summary>
    public const string SymbolVersion = "GLIBCXX_3.4.32";

    /// <summary>TorchSharp's native library.</summary>
    public const string LibraryName = "libLibTorchSharp.so";

    /// <summary>The one symbol of that version.</summary>
    private const string Symbol = "_ZSt21ios_base_library_initv";

    /// <summary>What the library itself needs, in the order of loading; it cannot find them from memory.</summary>
    private static readonly string[] Dependencies = ["libc10.so", "libtorch_cpu.so", "libtorch.so"];

    /// <summary>
    /// Loads a mended copy where the system needs it and the file as it is does not load. TorchSharp then finds the loaded library
    /// by its name. Costs two symbol look-ups where the system is new enough.
    /// </summary>
    /// <returns>Whether a mended copy was loaded.</returns>
    public static bool ApplyWhereNeeded()
    {
        if (!OperatingSystem.IsLinux() || SystemKnowsVersion()) return false;
        if (NativeSearch.Find(LibraryName) is not { } library) return false;
        foreach (string dependency in Dependencies)
        {
            if (NativeSearch.Find(dependency) is { } path) NativeLibrary.TryLoad(path, out _);
        }

        if (NativeLibrary.TryLoad(library, out _)) return false;
        byte[] elf = File.ReadAllBytes(library);
        if (!ElfVersionNeed.MakeWeak(elf, SymbolVersion)) return false;
        MemoryFile.LoadLibrary(LibraryName, elf);
        return true;
    }

    private static bool SystemKnowsVersion()
        => NativeLibrary.TryLoad("libstdc++.so.6", out nint libstdcxx) && NativeLibrary.TryGetExport(libstdcxx, Symbol, out _);
}
