using Iba.Jobs;

namespace Iba.Cli;

/// <summary>Makes one line, and a code, of whatever goes wrong: what users have or type never shows them a stack.</summary>
internal static class Guard
{
    /// <summary>Runs a command.</summary>
    public static int Run(Func<int> command, Reporter reporter, Surroundings surroundings)
    {
        try
        {
            return command();
        }
        catch (EndedException ended)
        {
            return ended.ExitCode;
        }
        catch (Exception failure)
        {
            if (IsInterruption(failure, surroundings.Cancellation))
            {
                // Who watches over a worker says it.
                if (!surroundings.IsWorker) reporter.Error("Interrupted. What is done stays: the same command again goes on with it.", ExitCode.Interrupted);
                return ExitCode.Interrupted;
            }

            int code = failure is UsageException ? ExitCode.Usage : ExitCode.Failure;
            reporter.Error(Message(failure), code);
            return code;
        }
    }

    /// <summary>What a failure says, in one line: the innermost cause, unless one of ours says more.</summary>
    public static string Message(Exception failure)
    {
        var chain = new List<Exception>();
        for (var inner = failure; inner != null; inner = inner.InnerException) chain.Add(inner);
        string message = (chain.FirstOrDefault(inner => inner is JobException) ?? failure.GetBaseException()).Message.Split(" (Parameter '", 2)[0];
        return string.Join(' ', TorchScriptTrust.Words(message).Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private static bool IsInterruption(Exception failure, CancellationToken cancellation)
        => cancellation.IsCancellationRequested && (failure is OperationCanceledException || failure.GetBaseException() is OperationCanceledException);
}
