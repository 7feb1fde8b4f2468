using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Iba.Packages.Tests;

/// <summary>Runs the C# cells of a notebook with .NET Interactive, without an editor.</summary>
internal sealed class NotebookKernel : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Process _process;

    /// <param name="folder">Where paths in cells begin.</param>
    /// <param name="packages">Where packages are unpacked.</param>
    /// <param name="cache">What is here already is used from here.</param>
    public NotebookKernel(string folder, string packages, string cache)
    {
        string manifest = Path.Combine(PackedFeed.Repository, "samples", "notebooks");
        DotnetCommand.Run(manifest, "tool", "restore");
        using var tools = JsonDocument.Parse(File.ReadAllText(Path.Combine(manifest, "dotnet-tools.json")));
        const string Package = "microsoft.dotnet-interactive";
        string version = tools.RootElement.GetProperty("tools").GetProperty(Package).GetProperty("version").GetString()!;
        string program = Assert.Single(Directory.GetFiles(Path.Combine(cache, Package, version), "Microsoft.DotNet.Interactive.App.dll", SearchOption.AllDirectories));
        var start = DotnetCommand.StartInfo(folder, "exec", "--roll-forward", "Major", program, "stdio", "--default-kernel", "csharp");
        start.RedirectStandardInput = true;
        start.Environment["NUGET_PACKAGES"] = packages;
        start.Environment["NUGET_FALLBACK_PACKAGES"] = cache;
        start.Environment["DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT"] = "1";
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    /// <summary>The C# cells of a notebook.</summary>
    public static string[] Cells(string notebook)
        => [.. Regex.Split(notebook, @"^#!(?=\w+\s*$)", RegexOptions.Multiline).Where(part => part.StartsWith("csharp", StringComparison.Ordinal)).Select(part => part["csharp".Length..].Trim())];

    /// <summary>Runs a cell, which must succeed.</summary>
    /// <returns>What it shows.</returns>
    public string Run(string cell)
    {
        string token = Guid.NewGuid().ToString("N");
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(new { commandType = "SubmitCode", command = new { code = cell, targetKernelName = "csharp" }, token }));
        _process.StandardInput.Flush();
        var shown = new List<string>();
        using var ending = new CancellationTokenSource(Limit);
        while (_process.StandardOutput.ReadLineAsync(ending.Token).AsTask().GetAwaiter().GetResult() is { } line)
        {
            if (!line.StartsWith('{')) continue;
            using var message = JsonDocument.Parse(line);
            if (!message.RootElement.TryGetProperty("eventType", out var type)) continue;
            var content = message.RootElement.GetProperty("event");
            if (content.TryGetProperty("formattedValues", out var values)) shown.AddRange(values.EnumerateArray().Select(value => value.GetProperty("value").GetString() ?? ""));
            if (type.GetString() == "ErrorProduced") shown.Add(content.GetProperty("message").GetString() ?? "");
            bool failed = type.GetString() == "CommandFailed";
            if (!failed && type.GetString() != "CommandSucceeded") continue;
            var command = message.RootElement.GetProperty("command");
            if (command.ValueKind != JsonValueKind.Object || command.GetProperty("token").GetString() != token) continue;
            Assert.False(failed, $"The cell failed:\n{cell}\n{content}\n{string.Join('\n', shown)}");
            return string.Join('\n', shown);
        }

        throw new InvalidOperationException($"The kernel ended in the cell:\n{cell}\n{string.Join('\n', shown)}");
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
