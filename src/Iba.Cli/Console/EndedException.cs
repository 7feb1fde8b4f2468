namespace Iba.Cli;

/// <summary>A worker ended, and said why: this process ends with the same code and says nothing more.</summary>
internal sealed class EndedException(int exitCode) : Exception
{
    /// <summary>The code.</summary>
    public int ExitCode { get; } = exitCode;
}
