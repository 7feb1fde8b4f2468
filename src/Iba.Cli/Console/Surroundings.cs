using Iba.Jobs;
using Microsoft.ML;

namespace Iba.Cli;

/// <summary>What a command sees of the world outside: streams, how it is told to end, and who works.</summary>
internal sealed record Surroundings
{
    /// <summary>Numbers of shards come from here, with <c>iba work --stdin</c>.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>Results.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Progress, notes and errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether <see cref="Output"/> is a terminal: tables fit its width.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether <see cref="Error"/> is a terminal: progress is one line, written over.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>The width of that terminal in characters.</summary>
    public Func<int> ErrorWidth { get; init; } = () => int.MaxValue;

    /// <summary>Ends the command after the rows under way.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Whether this process works for one that watches over it, and that reports.</summary>
    public bool IsWorker { get; init; }

    /// <summary>Whether work is done by a process of its own, which is begun again when a row ends it.</summary>
    public bool StartsWorkers { get; init; }

    /// <summary>Opens a job; another way only in tests.</summary>
    public Func<string, MLContext, IbaJob> OpenJob { get; init; } = (folder, context) => IbaJob.Open(folder, context);

    /// <summary>Those of this process.</summary>
    public static Surroundings OfThisProcess(bool isWorker, CancellationToken cancellation) => new()
    {
        Input = Console.In,
        Output = Console.Out,
        Error = Console.Error,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        ErrorWidth = WidthOfTerminal,
        Cancellation = cancellation,
        IsWorker = isWorker,
        StartsWorkers = !isWorker,
    };

    private static int WidthOfTerminal()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : int.MaxValue;
        }
        catch (IOException)
        {
            return int.MaxValue;
        }
    }
}
