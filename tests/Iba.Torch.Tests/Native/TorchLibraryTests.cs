using System.Runtime.InteropServices;
using TorchSharp;

namespace Iba.Torch.Tests;

public class TorchLibraryTests
{
    [Fact]
    public void Libtorch_loads_and_works()
    {
        TorchLibrary.EnsureLoaded();

        using var ones = torch.ones(3);
        using var sum = ones.sum();
        Assert.Equal(3f, sum.item<float>());
    }

    [Fact]
    public void The_advised_version_is_the_one_that_TorchSharp_was_made_for()
        => Assert.Equal(TorchLibraryAdvice.LibtorchVersion, torch.NormalizeNuGetVersion(torch.__version__));

    [Theory]
    [InlineData("linux-x64", "libtorch-cpu-linux-x64 --version 2.10.0", "TorchSharp-cuda-linux")]
    [InlineData("win-x64", "libtorch-cpu-win-x64 --version 2.10.0", "TorchSharp-cuda-windows")]
    [InlineData("osx-arm64", "libtorch-cpu-osx-arm64 --version 2.10.0", "dotnet add package")]
    [InlineData("linux-arm64", "no libtorch for linux-arm64", "linux-x64, win-x64 and osx-arm64")]
    public void The_error_for_a_missing_library_names_the_package_to_add(string runtime, string first, string second)
    {
        string message = TorchLibraryAdvice.Message("libtorch_cpu.so", found: false, "Details.", runtime);

        Assert.Contains("'libtorch_cpu.so' is missing", message, StringComparison.Ordinal);
        Assert.Contains(first, message, StringComparison.Ordinal);
        Assert.Contains(second, message, StringComparison.Ordinal);
        Assert.EndsWith("Details.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_for_an_old_libstdcxx_says_how_to_mend_it()
    {
        string message = TorchLibraryAdvice.Message("libLibTorchSharp.so", found: true, "version `GLIBCXX_3.4.32' not found", "linux-x64");

        Assert.Contains("does not load", message, StringComparison.Ordinal);
        Assert.Contains("older than GLIBCXX_3.4.32", message, StringComparison.Ordinal);
        Assert.Contains("build the application where it runs", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mended_library_loads_from_memory()
    {
        if (!OperatingSystem.IsLinux()) return; // Elsewhere there is nothing to mend.
        TorchLibrary.EnsureLoaded();
        byte[] library = File.ReadAllBytes(NativeSearch.Find(LibstdcxxMend.LibraryName)!);
        Assert.True(ElfVersionNeed.MakeWeak(library, LibstdcxxMend.SymbolVersion));

        nint handle = MemoryFile.LoadLibrary("mended", library);

        Assert.True(NativeLibrary.TryGetExport(handle, "THSTorch_get_and_reset_last_err", out _));
    }

    [Fact]
    public void What_is_no_library_does_not_load_from_memory()
    {
        if (!OperatingSystem.IsLinux()) return;
        Assert.Throws<DllNotFoundException>(() => MemoryFile.LoadLibrary("nothing", [1, 2, 3]));
    }

    [Fact]
    public void The_allocator_is_left_alone_where_the_switch_says_so()
    {
        AppContext.SetSwitch(NativeMemory.KeepSettingsSwitch, true);
        try
        {
            Assert.False(NativeMemory.KeepBuffers());
        }
        finally
        {
            AppContext.SetSwitch(NativeMemory.KeepSettingsSwitch, false);
        }
    }
}
