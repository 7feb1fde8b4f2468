namespace Iba.Cli;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCode
{
    /// <summary>All went well; all rows were explained.</summary>
    public const int Success = 0;

    /// <summary>The command failed.</summary>
    public const int Failure = 1;

    /// <summary>It went through, but some rows could not be explained.</summary>
    public const int SomeRowsFailed = 2;

    /// <summary>The command line was wrong.</summary>
    public const int Usage = 64;

    /// <summary>It was interrupted; a job can be gone on with.</summary>
    public const int Interrupted = 130;

    /// <summary>Whether a process that ended so ended by itself, and was not ended by a row.</summary>
    public static bool IsOwn(int code) => code is Success or Failure or SomeRowsFailed or Usage or Interrupted;
}
