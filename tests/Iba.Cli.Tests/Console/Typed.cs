using System.Text.Json.Nodes;

namespace Iba.Cli.Tests;

/// <summary>A command line that was run in this process.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it printed to the error stream.</param>
internal sealed record Typed(int Code, string Output, string Error)
{
    /// <summary>The printed lines.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The printed events of a kind; every line is an event.</summary>
    public JsonObject[] Events(string kind) => [.. Lines.Select(line => JsonNode.Parse(line)!.AsObject()).Where(line => (string?)line["event"] == kind)];

    /// <summary>The result's event.</summary>
    public JsonObject Result => Assert.Single(Events("result"));

    /// <summary>Runs a command line.</summary>
    public static Typed Run(params string[] arguments) => Run("", arguments);

    /// <summary>Runs a command line that reads.</summary>
    public static Typed Run(string input, string[] arguments)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = CommandLine.Run(arguments, new Surroundings { Input = new StringReader(input), Output = output, Error = error });
        return new Typed(code, output.ToString(), error.ToString());
    }
}
