namespace Iba.Scale;

/// <summary>A folder, in memory where there is such a one, that is gone afterwards.</summary>
internal sealed class WorkFolder : IDisposable
{
    private const string Memory = "/dev/shm";

    public string Path { get; } =
        Directory.CreateDirectory(System.IO.Path.Combine(Directory.Exists(Memory) ? Memory : System.IO.Path.GetTempPath(), $"iba-scale-{Guid.NewGuid():N}")).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
