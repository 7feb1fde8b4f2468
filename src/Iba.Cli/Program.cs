using System.Runtime.InteropServices;

namespace Iba.Cli;

/// <summary>The process: its streams, its signals, and the command.</summary>
internal static class Program
{
    public static int Main(string[] args) => Run(args, surroundings => surroundings);

    /// <summary>Runs a command line as this process.</summary>
    /// <param name="args">What was typed.</param>
    /// <param name="change">Changes what it sees of the world; for tests.</param>
    public static int Run(string[] args, Func<Surroundings, Surroundings> change)
    {
        var ending = new CancellationTokenSource();
        bool isWorker = Supervisor.WatchesOverThisProcess(ending);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        return CommandLine.Run(args, change(Surroundings.OfThisProcess(isWorker, ending.Token)));

        // The first signal lets the row under way end, the second ends the process; a worker leaves that to who watches over it.
        void End(PosixSignalContext signal)
        {
            signal.Cancel = isWorker || !ending.IsCancellationRequested;
            ending.Cancel();
        }
    }
}
