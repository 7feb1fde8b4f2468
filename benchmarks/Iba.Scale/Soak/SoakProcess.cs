using System.Diagnostics;

namespace Iba.Scale;

/// <summary>A coordinator or a worker that is killed, stopped and begun again.</summary>
internal sealed class SoakProcess : IDisposable
{
    private static readonly string Program = FindProgram();

    private readonly string _name;
    private readonly SoakLog _log;
    private readonly string[] _arguments;
    private Process _process;
    private volatile bool _hasBegun;

    /// <param name="name">What the log calls it.</param>
    /// <param name="log">Gets its faults, and what it prints but for the shards that it begins.</param>
    /// <param name="arguments">What OrleansWorker is called with.</param>
    public SoakProcess(string name, SoakLog log, params string[] arguments)
    {
        (_name, _log, _arguments) = (name, log, arguments);
        _process = Start();
    }

    /// <summary>Lines that told that a shard was begun, of all lives.</summary>
    public int Executions { get; private set; }

    /// <summary>Until when it is stopped; null: it runs.</summary>
    public DateTime? StoppedUntil { get; private set; }

    /// <summary>Whether it could do something: it has come to its first line, and is not stopped.</summary>
    public bool IsAlive => _hasBegun && StoppedUntil == null && !HasEnded;

    /// <summary>Whether it has ended by itself.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>As <c>kill -9</c> does it, and begins it again.</summary>
    public void KillAndRestart()
    {
        _log.Add($"kill -9 of {_name}");
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        StoppedUntil = null;
        _process = Start();
    }

    /// <summary>Stops it for a while.</summary>
    public void Stop(TimeSpan duration)
    {
        _log.Add($"stop of {_name}");
        StoppedUntil = DateTime.UtcNow + duration;
        Signal("-STOP");
    }

    /// <summary>Lets it go on, if the while is over.</summary>
    public void ContinueWhenDue(bool isForced = false)
    {
        if (StoppedUntil is not { } until || (DateTime.UtcNow < until && !isForced)) return;
        StoppedUntil = null;
        _log.Add($"{_name} goes on");
        Signal("-CONT");
    }

    /// <summary>Waits for its end.</summary>
    public bool Wait(TimeSpan most) => _process.WaitForExit(most);

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{_process.Id}"]);
        kill.WaitForExit();
    }

    private Process Start()
    {
        _hasBegun = false;
        var process = new Process { StartInfo = new ProcessStartInfo("dotnet", [Program, .. _arguments]) { RedirectStandardOutput = true, RedirectStandardError = true } };
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data == null) return;
            _hasBegun = true;
            if (line.Data.StartsWith("begin ", StringComparison.Ordinal)) Executions++;
            else _log.Add($"{_name}: {line.Data}");
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data != null) Console.Error.WriteLine(line.Data);
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    // bin/CONFIGURATION/FRAMEWORK of this project and of the worker have the same names.
    private static string FindProgram()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        string repository = own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(repository, "tests", "OrleansWorker", "bin", own.Parent.Name, own.Name, "OrleansWorker.dll");
    }
}
