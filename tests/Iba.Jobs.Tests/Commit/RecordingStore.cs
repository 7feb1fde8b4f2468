namespace Iba.Jobs.Tests;

/// <summary>This machine's file system, which says what was flushed.</summary>
internal sealed class RecordingStore : ICommitStore
{
    private readonly ICommitStore _store = OperatingSystem.IsWindows() ? new WindowsCommitStore() : new UnixCommitStore();

    /// <summary>The folders, in order.</summary>
    public List<string> Flushed { get; } = [];

    public bool TryLink(string file, string name) => _store.TryLink(file, name);

    public void FlushFolder(string folder)
    {
        Flushed.Add(folder);
        _store.FlushFolder(folder);
    }
}
