using System.CommandLine;

namespace Iba.Cli;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class ExampleCommand : Command
{
    private readonly Surroundings _surroundings;

    /// <param name="name">The name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="surroundings">What it sees.</param>
    public ExampleCommand(string name, string description, Surroundings surroundings)
        : base(name, description) => _surroundings = surroundings;

    /// <summary>What may be typed, and what it does.</summary>
    public required IReadOnlyList<(string Line, string Meaning)> Examples { get; init; }

    /// <summary>Says what the command does.</summary>
    public void Does(Func<ParseResult, Reporter, int> run)
        => SetAction(parsed =>
        {
            var reporter = new Reporter(_surroundings, Name, parsed.GetValue<bool>("--json"), parsed.GetValue<bool>("--quiet"));
            if (parsed.GetValue<bool>(TorchScriptTrust.Option)) TorchScriptTrust.Give();
            return Guard.Run(() => run(parsed, reporter), reporter, _surroundings);
        });
}
