using System.Diagnostics;
using System.Text.Json;

namespace Iba.Benchmarks;

/// <summary>
/// The parent's end of a worker process. Contestants are processes of their own, so that each has its own allocator settings and its
/// own peak memory; only one works at a time.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;

    private WorkerProcess(ProcessStartInfo start, int threads)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        start.Environment["OMP_NUM_THREADS"] = $"{threads}";
        start.Environment["MKL_NUM_THREADS"] = $"{threads}";
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        _process = Process.Start(start)!;
    }

    /// <summary>Starts a worker of this program.</summary>
    /// <param name="order">What it does.</param>
    /// <param name="threads">The threads of libtorch.</param>
    /// <param name="defaultAllocator">Whether glibc's allocator keeps its default thresholds.</param>
    public static WorkerProcess Start(WorkOrder order, int threads, bool defaultAllocator = false)
    {
        // "dotnet Iba.Benchmarks.dll" and the built executable both start again as they were started.
        bool byDotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        string[] program = byDotnet ? [typeof(WorkerProcess).Assembly.Location] : [];
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. program, Worker.Command, JsonSerializer.Serialize(order)]);
        if (defaultAllocator) start.Environment["IBA_TORCH_KEEPALLOCATORSETTINGS"] = "1";
        return new WorkerProcess(start, threads);
    }

    /// <summary>Starts a worker that runs the reference implementation itself.</summary>
    public static WorkerProcess StartReference(string python, string package, WorkOrder order, int threads)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "reference_worker.py");
        string network = Path.GetFileNameWithoutExtension(order.File);
        return new WorkerProcess(new ProcessStartInfo(python, [script, package, network, $"{order.Steps}", $"{order.Copies}", $"{threads}"]), threads);
    }

    /// <summary>Lets the worker touch everything once.</summary>
    public void WarmUp() => Ask(Worker.WarmUp);

    /// <summary>Lets the worker do its work once.</summary>
    public Reading Run() => Ask(Worker.Run);

    /// <summary>What the process holds as it is.</summary>
    public Reading Look() => Ask(Worker.Look);

    /// <summary>What the process holds once its garbage is collected and free memory is back with the system.</summary>
    public Reading TidyUp() => Ask(Worker.TidyUp);

    /// <summary>Disposes the work. What is left afterwards was forgotten.</summary>
    public Reading Finish() => Ask(Worker.Finish);

    private Reading Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();

        // The reference implementation prints progress of its own.
        while (_process.StandardOutput.ReadLine() is { } answer)
        {
            if (answer.StartsWith('{')) return JsonSerializer.Deserialize<Reading>(answer)!;
        }

        throw new InvalidOperationException($"A worker ended with code {WaitForExit()}; its error is above.");
    }

    private int WaitForExit()
    {
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(20))) _process.Kill();
        _process.Dispose();
    }
}
