namespace Iba.Torch.Tests;

public class PackageFoldersTests
{
    [Fact]
    public void Native_folders_of_packages_lie_beside_TorchSharp_in_the_cache()
    {
        string cache = Path.Combine(Path.GetTempPath(), "cache"), runtime = TorchLibraryAdvice.Runtime();
        string assembly = Path.Combine(cache, "torchsharp", "0.107.0", "lib", "net8.0", "TorchSharp.dll");
        string[] expected = [Path.Combine(cache, "torchsharp", "0.107.0", "runtimes", runtime, "native")];
        if (TorchLibraryAdvice.CpuPackage(runtime) is { } package) expected = [.. expected, Path.Combine(cache, package, "2.10.0", "runtimes", runtime, "native")];

        Assert.Equal(expected, NativeSearch.PackageFolders(assembly));
        Assert.Empty(NativeSearch.PackageFolders(Path.Combine(cache, "program", "TorchSharp.dll")));
        Assert.Empty(NativeSearch.PackageFolders(""));
    }
}
