using System.Diagnostics;
using System.Globalization;

namespace Iba.Jobs.Tests;

/// <summary>A worker in a process of its own, on a job without a network; killed when it is disposed.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output, _errors;
    private volatile bool _isWorking;

    /// <param name="job">The job's folder.</param>
    /// <param name="milliseconds">How long a row takes.</param>
    /// <param name="killers">Rows that end the process.</param>
    public WorkerProcess(string job, double milliseconds = 0, params long[] killers)
    {
        // bin/CONFIGURATION/FRAMEWORK of this project and of the worker have the same names.
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        string application = Path.Combine(own.Parent!.Parent!.Parent!.Parent!.FullName, "JobWorker", "bin", own.Parent.Name, own.Name, "JobWorker.dll");
        var start = new ProcessStartInfo("dotnet", [application, job, milliseconds.ToString(CultureInfo.InvariantCulture), string.Join(',', killers)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        _process = Process.Start(start)!;
        _output = Task.Run(async () =>
        {
            string? first = await _process.StandardOutput.ReadLineAsync();
            _isWorking = first != null;
            return first + Environment.NewLine + await _process.StandardOutput.ReadToEndAsync();
        });
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Whether it has done a row.</summary>
    public bool IsWorking => _isWorking;

    /// <summary>As <c>kill -9</c> does it.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code, and all that it printed.</returns>
    public (int Code, string Text) Wait()
    {
        _process.WaitForExit();
        return (_process.ExitCode, _output.Result + _errors.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }
}
