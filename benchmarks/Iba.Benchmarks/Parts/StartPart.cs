using System.Diagnostics;
using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace Iba.Benchmarks;

/// <summary>How long a fresh process takes to its first map.</summary>
internal sealed class StartPart : IBenchmarkPart
{
    /// <summary>What an application can set, and how.</summary>
    private static readonly (string Title, (string Name, string Value)[] Environment)[] Settings =
    [
        ("as the runtime starts it", []),
        ("TieredPGO off", [("DOTNET_TieredPGO", "0")]),
        ("TieredCompilation off", [("DOTNET_TieredCompilation", "0")]),
        ("precompiled code (ReadyToRun) ignored", [("DOTNET_ReadyToRun", "0")]),
    ];

    public string Name => "start";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        string zip = Path.Combine(Path.GetTempPath(), $"iba-start-{Guid.NewGuid():N}.zip");
        try
        {
            FirstMap.Prepare(network, zip);
            var times = Settings.Select(_ => new List<FirstMapTimes>()).ToArray();
            // In turns: a machine that grows slower slows all.
            for (int round = -1; round < settings.Rounds; round++)
            {
                for (int i = 0; i < Settings.Length; i++)
                {
                    var one = Start(zip, settings.Threads, Settings[i].Environment);
                    if (round >= 0) times[i].Add(one);
                }
            }

            return Chapter(network, times);
        }
        finally
        {
            File.Delete(zip);
        }
    }

    private static string Chapter(BenchmarkNetwork network, List<FirstMapTimes>[] times)
    {
        var table = new Table("setting", "runtime started", "model loaded", "first map", "of it compiling methods", "methods", "processor time", "processor time of a second map", "processor time, times the first line's");
        for (int i = 0; i < Settings.Length; i++)
        {
            var ratio = new Sample(times[i].Zip(times[0], (one, first) => one.Processor / first.Processor));
            table.Add(
                Settings[i].Title, Seconds(times[i], time => time.Main), Seconds(times[i], time => time.Loaded), Seconds(times[i], time => time.Explained), Seconds(times[i], time => time.Compiling),
                $"{new Sample(times[i].Select(time => (double)time.Methods)).Median:F0}",
                Seconds(times[i], time => time.Processor),
                Seconds(times[i], time => time.SecondProcessor), Table.Spread(ratio));
        }

        return
            $"""
            ## The first map of a fresh process

            Seconds since the process was started: a zip of {network.Name} is loaded by `mlContext.Model.Load` and explains one photograph, with the paper's settings. Medians and
            ranges; the files are in the system's cache. {(IsPrecompiled ? "This program is precompiled (ReadyToRun)." : "This program is not precompiled; see docs/speed.md.")}

            {table}
            """;
    }

    private static bool IsPrecompiled
    {
        get
        {
            using var file = File.OpenRead(typeof(Iba.MLNet.IbaTransformer).Assembly.Location);
            using var assembly = new PEReader(file);
            return assembly.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
        }
    }

    private static string Seconds(List<FirstMapTimes> times, Func<FirstMapTimes, double> select) => Table.Spread(new Sample(times.Select(select)));

    private static FirstMapTimes Start(string zip, int threads, (string Name, string Value)[] environment)
    {
        bool byDotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        string[] program = byDotnet ? [typeof(StartPart).Assembly.Location] : [];
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. program, FirstMap.Command, zip, Assets.Photos()[0]]) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = $"{threads}";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<FirstMapTimes>(said)! : throw new InvalidOperationException($"The process ended with {process.ExitCode}.");
    }
}
