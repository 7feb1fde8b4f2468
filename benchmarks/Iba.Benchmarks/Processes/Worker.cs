using System.Diagnostics;
using System.Text.Json;
using Iba.Torch;
using TorchSharp;

namespace Iba.Benchmarks;

/// <summary>The worker process: answers each line with a <see cref="Reading"/>.</summary>
internal static class Worker
{
    public const string Command = "worker";

    // What a worker is asked for, a line each; WorkerProcess says what they mean.
    public const string WarmUp = "warm up", Run = "run", Look = "look", TidyUp = "tidy up", Finish = "finish";

    public static void Serve(string text)
    {
        var order = JsonSerializer.Deserialize<WorkOrder>(text)!;
        using (var work = WorkFactory.Create(order))
        {
            for (string? line = Console.ReadLine(); line is WarmUp or Run or Look or TidyUp; line = Console.ReadLine())
            {
                Console.WriteLine(JsonSerializer.Serialize(Answer(line, order, work)));
            }
        }

        Console.WriteLine(JsonSerializer.Serialize(Answer(Finish, order, work: null)));
    }

    private static Reading Answer(string line, WorkOrder order, IWork? work)
    {
        using var process = Process.GetCurrentProcess();
        var processor = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        if (line == WarmUp) work?.WarmUp();
        if (line == Run) work?.Run();
        if (line == TidyUp)
        {
            // Twice: what finalizers let go is garbage of the next collection.
            for (int i = 0; i < 2; i++)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                GC.WaitForPendingFinalizers();
            }

            NativeMemory.Trim();
        }

        if (order.OnGpu) torch.cuda.synchronize();
        watch.Stop();
        process.Refresh();
        return new Reading(
            watch.Elapsed.TotalSeconds,
            (process.TotalProcessorTime - processor).TotalSeconds,
            process.WorkingSet64,
            process.PeakWorkingSet64,
            torch.Tensor.TotalCount,
            work?.Profile);
    }
}
