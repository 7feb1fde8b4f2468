namespace Iba.Jobs.Tests;

/// <summary>A folder for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    // In memory where there is such a folder: the tests flush thousands of files, which disks take their time for.
    private const string Memory = "/dev/shm";

    public string Root { get; } = Directory.CreateDirectory(Path.Combine(Directory.Exists(Memory) ? Memory : Path.GetTempPath(), $"iba-jobs-{Guid.NewGuid():N}")).FullName;

    /// <summary>A path in it.</summary>
    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
