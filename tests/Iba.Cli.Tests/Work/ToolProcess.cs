using System.Diagnostics;

namespace Iba.Cli.Tests;

/// <summary>The tool in a process of its own; killed when it is disposed.</summary>
internal sealed class ToolProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output, _errors;
    private readonly TaskCompletionSource _progress = new();

    /// <param name="application">The program beside this one (iba), or a worker on jobs without a network.</param>
    /// <param name="environment">Further variables.</param>
    /// <param name="arguments">What is typed.</param>
    public ToolProcess(string application, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [application, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _output = Task.Run(async () =>
        {
            var all = new StringWriter { NewLine = "\n" };
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.Contains("\"event\":\"progress\"", StringComparison.Ordinal)) _progress.TrySetResult();
                all.WriteLine(line);
            }

            return all.ToString();
        });
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The tool.</summary>
    public static string Tool { get; } = Path.Combine(AppContext.BaseDirectory, "Iba.Cli.dll");

    /// <summary>The tool on jobs without a network. bin/CONFIGURATION/FRAMEWORK of this project and of the worker have the same names.</summary>
    public static string Worker
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.Parent!.Parent!.FullName, "CliWorker", "bin", own.Parent.Name, own.Name, "CliWorker.dll");
        }
    }

    /// <summary>Waits until a row is done: what is printed has to be JSON.</summary>
    public void WaitForProgress() => Assert.True(_progress.Task.Wait(TimeSpan.FromMinutes(1)), "No row was done in a minute.");

    /// <summary>Sends lines, and no more.</summary>
    public void Send(params string[] lines)
    {
        foreach (string line in lines) _process.StandardInput.WriteLine(line);
        _process.StandardInput.Close();
    }

    /// <summary>As Ctrl-C does it, to this process alone.</summary>
    public void Interrupt()
    {
        using var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>As <c>kill -9</c> does it, to this process alone.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Waits for its end, and for that of whoever writes to its streams.</summary>
    public Typed Wait()
    {
        _process.WaitForExit();
        return new Typed(_process.ExitCode, _output.Result, _errors.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
