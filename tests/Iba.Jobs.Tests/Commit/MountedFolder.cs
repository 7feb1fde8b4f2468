using System.Diagnostics;

namespace Iba.Jobs.Tests;

/// <summary>A small file system in memory. Linux, and needs root (as CI has it): without, the test fails and says so.</summary>
internal sealed class MountedFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public MountedFolder(string size) => Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", Root);

    public string Root => _folder.Root;

    public void MakeReadOnly() => Run("mount", "-o", "remount,ro", Root);

    public void MakeWritable() => Run("mount", "-o", "remount,rw", Root);

    public void Dispose()
    {
        Run("umount", Root);
        _folder.Dispose();
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"This test mounts a file system, which needs Linux and root (in a container: --privileged or --cap-add SYS_ADMIN): {errors}");
    }
}
