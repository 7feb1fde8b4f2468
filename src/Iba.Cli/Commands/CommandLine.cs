using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Iba.Cli;

/// <summary>The tool: all that can be typed after <c>iba</c>.</summary>
internal static class CommandLine
{
    private static readonly (string, string)[] Examples =
    [
        ("iba explain photo.jpg", "Which pixels did a network use to name it? Writes photo.bits.png."),
        ("iba explain photos --model explainer.zip --output job", "All photographs of a folder, with a report to look through; run it again after an interruption."),
        ("iba explain --help", "Every command explains itself, with examples."),
    ];

    /// <summary>Runs a command line.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, Surroundings surroundings)
    {
        var root = Create(surroundings);
        // A word that begins with @ may be a file's name.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            string command = parsed.CommandResult.Command == root ? "iba" : $"iba {parsed.CommandResult.Command.Name}";
            var reporter = new Reporter(surroundings, parsed.CommandResult.Command.Name, arguments.Contains("--json"), isQuiet: false);
            reporter.Error($"{string.Join(' ', parsed.Errors.Select(error => error.Message).Distinct())} See '{command} --help'.", ExitCode.Usage);
            return ExitCode.Usage;
        }

        return parsed.Invoke(new InvocationConfiguration
        {
            Output = surroundings.Output,
            Error = surroundings.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    /// <summary>The commands.</summary>
    public static RootCommand Create(Surroundings surroundings)
    {
        var root = new RootCommand("Explains what classifiers see, in bits per pixel, by attribution by information bottleneck: one photograph or a million.")
        {
            ExplainCommand.Create(surroundings),
            PlanCommand.Create(surroundings),
            WorkCommand.Create(surroundings),
            CoordinateCommand.Create(surroundings),
            StatusCommand.Create(surroundings),
            MergeCommand.Create(surroundings),
            VerifyCommand.Create(surroundings),
            ReportCommand.Create(surroundings),
            InfoCommand.Create(surroundings),
            LayersCommand.Create(surroundings),
            FitCommand.Create(surroundings),
            EvaluateCommand.Create(surroundings),
            SharedOptions.Json(),
            SharedOptions.Quiet(),
            SharedOptions.AllowTorchScript(),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExamplesHelp((HelpAction)help.Action!, Examples);
        return root;
    }
}
