namespace Iba.Jobs;

/// <summary>What became of a commit.</summary>
internal enum CommitResult
{
    /// <summary>The file is there now, and was not before.</summary>
    Committed,

    /// <summary>A file with the same bytes was there already.</summary>
    AlreadyThere,

    /// <summary>A file with other bytes was there already, and stays; this one was put aside.</summary>
    Conflict,
}
