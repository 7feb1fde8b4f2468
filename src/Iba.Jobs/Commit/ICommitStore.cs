namespace Iba.Jobs;

/// <summary>What a commit needs of a file system: the first to take a name keeps it, and names outlast a loss of power.</summary>
internal interface ICommitStore
{
    /// <summary>Gives a file a further name, unless that is taken.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Its further name, on the same file system.</param>
    /// <returns>False: the name is taken. By whom is not known: networks file systems may say so of the caller's own success.</returns>
    /// <exception cref="IOException">The file system refuses.</exception>
    bool TryLink(string file, string name);

    /// <summary>Waits until the names in a folder are on the disk.</summary>
    void FlushFolder(string folder);
}
