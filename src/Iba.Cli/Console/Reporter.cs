using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Iba.Cli;

/// <summary>Says what a command has to say: in words, as JSON (a line for each event, all of one form, see docs/cli.md), or only what went wrong.</summary>
internal sealed class Reporter
{
    private const int Schema = 1;
    private const int WidthOfFiles = 240;

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Surroundings _surroundings;
    private readonly string _command;

    /// <param name="surroundings">Where to.</param>
    /// <param name="command">The command's name, in every event.</param>
    /// <param name="isJson">Whether events are written.</param>
    /// <param name="isQuiet">Whether only errors and results that were asked for are said.</param>
    public Reporter(Surroundings surroundings, string command, bool isJson, bool isQuiet)
    {
        (_surroundings, _command) = (surroundings, command);
        (IsJson, IsQuiet) = (isJson, isQuiet);
    }

    public bool IsJson { get; }

    public bool IsQuiet { get; }

    /// <summary>The result: an event, or the words for it.</summary>
    /// <param name="result">Its properties are the event's.</param>
    /// <param name="lines">The same in words; null: nothing to say.</param>
    public void Result(object result, params IEnumerable<string?> lines)
    {
        if (IsJson) Event("result", result);
        else if (!IsQuiet) foreach (string line in lines.OfType<string>()) _surroundings.Output.WriteLine(line);
    }

    /// <summary>A row: an event, or the words for it.</summary>
    public void Row(object row, string line)
    {
        if (IsJson) Event("row", row);
        else if (!IsQuiet) _surroundings.Output.WriteLine(line);
    }

    /// <summary>A table: an event with all of it, or the table and some words.</summary>
    public void Table(object result, Table table, params IEnumerable<string?> lines)
    {
        if (!IsJson && !IsQuiet)
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(_surroundings.Output),
                Ansi = _surroundings.OutputIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
                Interactive = InteractionSupport.No,
            });
            if (!_surroundings.OutputIsTerminal) console.Profile.Width = WidthOfFiles;
            console.Write(table);
        }

        Result(result, lines);
    }

    /// <summary>What the user should know on the way.</summary>
    public void Note(string message)
    {
        if (IsJson) Event("note", new { message });
        else if (!IsQuiet) _surroundings.Error.WriteLine(message);
    }

    /// <summary>Why the command ends early.</summary>
    public void Error(string message, int exitCode)
    {
        if (IsJson) Event("error", new { message, exitCode });
        else _surroundings.Error.WriteLine($"iba: {message}");
    }

    /// <summary>How far the work is, to be told to a job. Disposed when it is over.</summary>
    /// <param name="what">What is counted, in the plural.</param>
    /// <param name="doneBefore">What was done before.</param>
    public ProgressLine Progress(string what, long doneBefore = 0)
        => new(_surroundings, what, doneBefore, IsJson ? progress => Event("progress", progress) : null, IsQuiet);

    private void Event(string name, object properties)
    {
        var line = new JsonObject { ["schema"] = Schema, ["command"] = _command, ["event"] = name };
        foreach (var (key, value) in JsonSerializer.SerializeToNode(properties, Format)!.AsObject().ToArray()) line[key] = value?.DeepClone();
        _surroundings.Output.WriteLine(line.ToJsonString(Format));
        _surroundings.Output.Flush();
    }
}
