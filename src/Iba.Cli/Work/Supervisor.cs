using System.Diagnostics;
using System.IO.Pipes;
using System.Reflection;
using Iba.Jobs;

namespace Iba.Cli;

/// <summary>
/// Watches over a worker: a process of its own, so that a row which ends it (libtorch can abort) does not end the command. It is begun again, and after
/// four deaths the job knows the row. Worker and command are joined by a pipe: when the command ends, however, the pipe does, and the worker stops after the row under way.
/// </summary>
internal sealed class Supervisor(IbaJob job, WorkSettings settings, Reporter reporter, Surroundings surroundings)
{
    private const string Variable = "IBA_SUPERVISOR";

    /// <summary>A worker that dies so often without an attempt at a shard dies of something else.</summary>
    private const int MostDeathsOutsideRows = 3;

    /// <summary>Begins to wait for the pipe's end, where this process is a worker.</summary>
    /// <param name="ending">Cancelled when the pipe ends.</param>
    /// <returns>Whether it is one.</returns>
    public static bool WatchesOverThisProcess(CancellationTokenSource ending)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } handle) return false;
        // Never disposed: that would wait for the reading to end.
        var pipe = new AnonymousPipeClientStream(PipeDirection.In, handle);
        var thread = new Thread(() =>
        {
            pipe.ReadByte();
            ending.Cancel();
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return true;
    }

    /// <summary>Lets a worker work until it is done.</summary>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    /// <exception cref="EndedException">The worker failed, and said why.</exception>
    public void Run()
    {
        int outsideRows = 0;
        while (true)
        {
            var before = job.Status();
            int code = RunOnce();
            surroundings.Cancellation.ThrowIfCancellationRequested();
            if (code == ExitCode.Success) return;
            if (code == ExitCode.Interrupted) throw new OperationCanceledException();
            if (ExitCode.IsOwn(code)) throw new EndedException(code);
            // Its numbers went with it: it may have read more of them than it answered.
            if (settings.ReadsLines) throw new JobException($"The worker ended with code {code}. Shards that were not answered are still open: hand out their numbers again.");
            var after = job.Status();
            outsideRows = after.Deaths == before.Deaths && after.RowsDone == before.RowsDone ? outsideRows + 1 : 0;
            if (outsideRows == MostDeathsOutsideRows) throw new JobException($"The worker ended with code {code} {outsideRows} times before it came to a row. What it wrote before may say why.");
            reporter.Note($"The worker ended with code {code}, and is begun again: a row may have ended it, which the job then finds and goes without.");
        }
    }

    private int RunOnce()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        using var process = Process.Start(StartInfo(pipe.GetClientHandleAsString()))!;
        pipe.DisposeLocalCopyOfClientHandle();
        using (surroundings.Cancellation.Register(pipe.Dispose)) process.WaitForExit();
        return process.ExitCode;
    }

    private ProcessStartInfo StartInfo(string handle)
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, [
            .. isHost ? [Assembly.GetEntryAssembly()!.Location] : Array.Empty<string>(),
            "work", job.Folder, .. settings.ToArguments(),
            .. reporter.IsJson ? ["--json"] : Array.Empty<string>(), .. reporter.IsQuiet ? ["--quiet"] : Array.Empty<string>(),
            .. TorchScriptTrust.IsGiven ? [TorchScriptTrust.Option] : Array.Empty<string>(),
        ]);
        start.Environment[Variable] = handle;
        start.Environment[OrleansSettings.NameVariable] = WorkerRecord.WorkerName;
        return start;
    }
}
