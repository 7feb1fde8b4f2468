using System.Diagnostics;
using System.Text.Json;
using TorchSharp;

namespace Iba.Benchmarks;

/// <summary>The worker process: does its work once for each line "go", and answers with a <see cref="Reading"/>.</summary>
internal static class Worker
{
    public const string Command = "worker";

    public static void Serve(string order)
    {
        using var process = Process.GetCurrentProcess();
        using var work = WorkFactory.Create(JsonSerializer.Deserialize<WorkOrder>(order)!);
        for (string? line = Console.ReadLine(); line is "warm" or "go" or "idle"; line = Console.ReadLine())
        {
            var processor = process.TotalProcessorTime;
            var watch = Stopwatch.StartNew();
            if (line == "warm") work.WarmUp();
            else if (line == "go") work.Run();
            watch.Stop();
            process.Refresh();
            var reading = new Reading(
                watch.Elapsed.TotalSeconds,
                (process.TotalProcessorTime - processor).TotalSeconds,
                process.WorkingSet64,
                process.PeakWorkingSet64,
                torch.Tensor.TotalCount);
            Console.WriteLine(JsonSerializer.Serialize(reading));
        }
    }
}
