using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>Words the error for a native library that is missing or does not load.</summary>
internal static class TorchLibraryAdvice
{
    /// <summary>The libtorch that this version of TorchSharp was made for.</summary>
    public const string LibtorchVersion = "2.10.0";

    /// <summary>The file of a library on this operating system, for example <c>libtorch_cpu.so</c>.</summary>
    public static string FileName(string library)
        => OperatingSystem.IsWindows() ? library + ".dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>The package with libtorch for processors of this operating system, or null where there is none.</summary>
    public static string? CpuPackage(string runtime) => runtime switch
    {
        "linux-x64" or "win-x64" or "osx-arm64" => "libtorch-cpu-" + runtime,
        _ => null,
    };

    /// <summary>The operating system and architecture in the way packages name them, for example <c>linux-x64</c>.</summary>
    public static string Runtime()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }

    /// <summary>What happened, and what to do.</summary>
    /// <param name="file">The library that does not load.</param>
    /// <param name="found">Whether the file is there.</param>
    /// <param name="reason">The details.</param>
    public static string Message(string file, bool found, string reason) => Message(file, found, reason, Runtime());

    /// <inheritdoc cref="Message(string, bool, string)"/>
    /// <param name="file">The library that does not load.</param>
    /// <param name="found">Whether the file is there.</param>
    /// <param name="reason">The details.</param>
    /// <param name="runtime">As <see cref="Runtime"/> gives it.</param>
    public static string Message(string file, bool found, string reason, string runtime)
    {
        string advice = CpuPackage(runtime) is { } package
            ? found
                ? $"Check that '{package}' {LibtorchVersion} and TorchSharp are the only ones that bring libtorch, and rebuild."
                : $"Add libtorch to the application: 'dotnet add package {package} --version {LibtorchVersion}'" +
                  (runtime == "osx-arm64" ? "." : $", or '{CudaPackage(runtime)}' for NVIDIA GPUs.")
            : $"TorchSharp has no libtorch for {runtime}, only for linux-x64, win-x64 and osx-arm64.";
        string what = found ? $"TorchSharp's native library '{file}' does not load." : $"TorchSharp's native library '{file}' is missing.";
        string mend = found && reason.Contains("GLIBCXX", StringComparison.Ordinal)
            ? $" The system's libstdc++ is older than {LibstdcxxMend.SymbolVersion} (GCC 13): build the application where it runs, with " +
              "Iba.Torch as a package, so that the build can mend the library, or install a newer libstdc++."
            : "";
        return $"{what} {advice}{mend} {reason}";
    }

    private static string CudaPackage(string runtime) => runtime == "win-x64" ? "TorchSharp-cuda-windows" : "TorchSharp-cuda-linux";
}
