namespace Iba.Jobs.Tests;

/// <summary>A commit as one would write it without thinking: <c>File.Move(overwrite: false)</c> looks first and renames then.</summary>
internal sealed class MoveStore : ICommitStore
{
    /// <summary>Called between looking and renaming, where the kernel may let another process run.</summary>
    public Action? Between { get; init; }

    public bool TryLink(string file, string name)
    {
        if (Between == null)
        {
            try
            {
                File.Move(file, name, overwrite: false);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }

        if (File.Exists(name)) return false;
        Between();
        File.Move(file, name, overwrite: true);
        return true;
    }

    public void FlushFolder(string folder)
    {
    }
}
