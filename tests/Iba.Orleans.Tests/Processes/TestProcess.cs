using System.Diagnostics;

namespace Iba.Orleans.Tests;

/// <summary>A process whose lines are read, and that can be stopped, killed and interrupted; killed when it is disposed.</summary>
internal sealed class TestProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private bool _ended;

    /// <param name="program">The program.</param>
    /// <param name="arguments">What it is called with.</param>
    /// <param name="bias">What a worker adds to its maps.</param>
    public TestProcess(string program, IEnumerable<string> arguments, float bias = 0)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["BIAS"] = bias.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(line.Data, isOutput: true);
        _process.ErrorDataReceived += (_, line) => Add(line.Data, isOutput: false);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The worker's program: bin/CONFIGURATION/FRAMEWORK of this project and of the worker have the same names.</summary>
    public static string Worker
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.Parent!.Parent!.FullName, "OrleansWorker", "bin", own.Parent.Name, own.Name, "OrleansWorker.dll");
        }
    }

    /// <summary>All that it has printed.</summary>
    public string Text
    {
        get
        {
            lock (_lines) return string.Join('\n', _lines);
        }
    }

    /// <summary>The shards' first rows that it began to compute.</summary>
    public IReadOnlyList<long> Begun
    {
        get
        {
            lock (_lines) return [.. _lines.Where(line => line.StartsWith("begin ", StringComparison.Ordinal)).Select(line => long.Parse(line["begin ".Length..], System.Globalization.CultureInfo.InvariantCulture))];
        }
    }

    /// <summary>Runs OrleansWorker.</summary>
    public static TestProcess Run(params string[] arguments) => new("dotnet", [Worker, .. arguments]);

    /// <summary>Waits until a line was printed.</summary>
    /// <param name="text">What it has.</param>
    /// <param name="count">How many of them.</param>
    public void WaitFor(string text, int count = 1)
    {
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        lock (_lines)
        {
            while (_lines.Count(line => line.Contains(text, StringComparison.Ordinal)) < count)
            {
                Assert.False(_ended, $"It ended, and did not print '{text}':\n{string.Join('\n', _lines)}");
                Assert.True(Monitor.Wait(_lines, (int)Math.Max(0, end - Environment.TickCount64)), $"It did not print '{text}':\n{string.Join('\n', _lines)}");
            }
        }
    }

    /// <summary>As <c>kill -9</c> does it.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Sends a signal: INT, STOP, CONT.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public int Wait()
    {
        Assert.True(_process.WaitForExit(Patience), $"It does not end:\n{Text}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    private void Add(string? line, bool isOutput)
    {
        lock (_lines)
        {
            if (line != null) _lines.Add(line);
            else if (isOutput) _ended = true;
            Monitor.PulseAll(_lines);
        }
    }
}
