namespace Iba.Jobs;

/// <summary>The steps of a commit, in order. Tests end the process, as it were, after each of them.</summary>
internal enum CommitStep
{
    /// <summary>The temporary file is there, and empty.</summary>
    Created,

    /// <summary>All has been written to it.</summary>
    Written,

    /// <summary>It is on the disk.</summary>
    Flushed,

    /// <summary>It has its final name, too, or another file has it.</summary>
    Linked,

    /// <summary>The final name is on the disk.</summary>
    FolderFlushed,

    /// <summary>The temporary name is gone.</summary>
    Removed,
}
