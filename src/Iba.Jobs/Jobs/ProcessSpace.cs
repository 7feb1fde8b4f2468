using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Iba.Jobs;

/// <summary>
/// Where a process number names one process: a machine since it was started, and on Linux a namespace of it. Containers that share the machine's name
/// have numbers of their own; who looked one's up in another would find every process dead, and its rows would be blamed.
/// </summary>
internal static class ProcessSpace
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";
    private const string Namespace = "/proc/self/ns/pid";

    /// <summary>The name of this process's own.</summary>
    public static string Name { get; } = Find();

    /// <summary>When a process of it started, in a unit of the system that does not move with the clock; null: there is none with this number.</summary>
    public static long? StartOf(int process) => OperatingSystem.IsLinux() ? StartOnLinux(process) : StartElsewhere(process);

    private static string Find()
    {
        try
        {
            if (OperatingSystem.IsLinux()) return $"{Environment.MachineName} {File.ReadAllText(BootId).Trim()} {new FileInfo(Namespace).LinkTarget}";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A system that hides it: the name has to do.
        }

        return Environment.MachineName;
    }

    // Field 22 of proc(5): clock ticks since the machine started. What stands before the last parenthesis is the program's name, which may hold anything.
    private static long? StartOnLinux(int process)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            // One that ended, and that nobody has asked about yet.
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? StartElsewhere(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return found.StartTime.ToUniversalTime().Ticks;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }
}
