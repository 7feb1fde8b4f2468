using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Iba.Cli;

/// <summary>Help, and examples after it.</summary>
internal sealed class ExamplesHelp(HelpAction help, IReadOnlyList<(string Line, string Meaning)> ofTool) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command is ExampleCommand command ? command.Examples : ofTool;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var (line, meaning) in examples)
        {
            output.WriteLine($"  {line}");
            output.WriteLine($"      {meaning}");
        }

        return code;
    }
}
