using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>How glibc's allocator treats the large buffers of tensors. Elsewhere (Windows, macOS, musl) nothing happens.</summary>
internal static partial class NativeMemory
{
    /// <summary>
    /// The AppContext switch, and in capitals with underscores (<c>IBA_TORCH_KEEPALLOCATORSETTINGS=1</c>) the environment variable,
    /// that leave the allocator as it is.
    /// </summary>
    public const string KeepSettingsSwitch = "Iba.Torch.KeepAllocatorSettings";

    private const int TrimThreshold = -1, MapThreshold = -3; // M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
    private const int Gibibyte = 1 << 30;

    private static readonly string[] UserSettings = ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"];

    /// <summary>
    /// Keeps freed buffers up to 1 GiB in the process. By default glibc maps every buffer of more than 32 MiB afresh and gives it back
    /// when it is freed, so that each optimisation step pays for the page faults again (up to half of its time).
    /// </summary>
    /// <returns>Whether the thresholds were set: not where the user chose others or switched this off.</returns>
    public static bool KeepBuffers()
    {
        if (!OperatingSystem.IsLinux() || KeepSwitch.IsOn(KeepSettingsSwitch) || UserSettings.Any(IsSet)) return false;
        return KeepsBuffers = Call(() => SetOption(MapThreshold, Gibibyte) != 0 && SetOption(TrimThreshold, Gibibyte) != 0);
    }

    /// <summary>Whether freed buffers are kept, so that <see cref="Trim"/> has to be called now and then.</summary>
    public static bool KeepsBuffers { get; private set; }

    /// <summary>Gives free memory back to the operating system: keeps the resident size flat over many heat maps.</summary>
    /// <returns>Whether the allocator gave back anything.</returns>
    public static bool Trim() => OperatingSystem.IsLinux() && Call(() => TrimHeap(0) != 0);

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    private static bool Call(Func<bool> function)
    {
        try
        {
            return function();
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            return false; // Another C library (musl): it has its own ways.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint pad);
}
