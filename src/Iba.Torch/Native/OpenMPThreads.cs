using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>How libtorch's OpenMP threads wait for each other on Linux. Elsewhere nothing happens.</summary>
internal static partial class OpenMPThreads
{
    /// <summary>
    /// The AppContext switch, and in capitals with underscores (<c>IBA_TORCH_KEEPTHREADSETTINGS=1</c>) the environment variable, that
    /// leave the wait policy as it is.
    /// </summary>
    public const string KeepSettingsSwitch = "Iba.Torch.KeepThreadSettings";

    private static readonly string[] UserSettings = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"];

    /// <summary>
    /// Lets waiting threads sleep. By default they spin, and on a machine with other work a thread spins for one that is not running: small
    /// networks then take many times as long. Must come before libgomp is loaded, which reads the setting once.
    /// </summary>
    /// <returns>Whether the policy was set: not where the user chose one or switched this off.</returns>
    public static bool SleepWhileWaiting()
    {
        if (!OperatingSystem.IsLinux() || KeepSwitch.IsOn(KeepSettingsSwitch)) return false;
        if (UserSettings.Any(variable => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))) return false;
        // The runtime's own copy of the environment does not reach native libraries, and child processes inherit that copy, not this.
        return SetVariable("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0) == 0;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
