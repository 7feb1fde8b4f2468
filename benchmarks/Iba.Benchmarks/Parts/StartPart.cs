using System.Diagnostics;
using System.Text.Json;
using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>How long a fresh process takes to its first map.</summary>
internal sealed class StartPart : IBenchmarkPart
{
    private static readonly (string Name, string Value) WithoutProfile = ("DOTNET_TieredPGO", "0");

    public string Name => "start";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        var contestants = Contestants(settings).ToArray();
        var zips = Enum.GetValues<IbaPreset>().ToDictionary(preset => preset, preset => Path.Combine(Path.GetTempPath(), $"iba-start-{preset}-{Guid.NewGuid():N}.zip"));
        try
        {
            foreach (var (preset, zip) in zips) FirstMap.Prepare(network, zip, preset);
            var times = contestants.Select(_ => new List<FirstMapTimes>()).ToArray();
            // In turns: a machine that grows slower slows all.
            for (int round = -1; round < settings.Rounds; round++)
            {
                for (int i = 0; i < contestants.Length; i++)
                {
                    var one = Start(contestants[i].Folder, zips[contestants[i].Preset], settings.Threads, contestants[i].Environment);
                    if (round >= 0) times[i].Add(one);
                }
            }

            return Describe(network, contestants.Select(contestant => contestant.Title).ToArray(), times);
        }
        finally
        {
            foreach (string zip in zips.Values) File.Delete(zip);
        }
    }

    /// <summary>What an application can set, and how.</summary>
    private static IEnumerable<(string Title, string Folder, IbaPreset Preset, (string Name, string Value)[] Environment)> Contestants(BenchmarkSettings settings)
    {
        string own = AppContext.BaseDirectory;
        yield return ("as the runtime starts it", own, IbaPreset.Paper, []);
        yield return ("TieredPGO off", own, IbaPreset.Paper, [WithoutProfile]);
        yield return ("TieredCompilation off", own, IbaPreset.Paper, [("DOTNET_TieredCompilation", "0")]);
        yield return ("the framework's precompiled code ignored (DOTNET_ReadyToRun=0)", own, IbaPreset.Paper, [("DOTNET_ReadyToRun", "0")]);
        yield return ("as the runtime starts it, Fast", own, IbaPreset.Fast, []);
        yield return ("as the runtime starts it, Draft", own, IbaPreset.Draft, []);
        if (settings.Precompiled is not { } precompiled) yield break;
        yield return ("all assemblies precompiled (PublishReadyToRun)", precompiled, IbaPreset.Paper, []);
        yield return ("the same, TieredPGO off", precompiled, IbaPreset.Paper, [WithoutProfile]);
        yield return ("the same, TieredPGO off, Fast", precompiled, IbaPreset.Fast, [WithoutProfile]);
        yield return ("the same, TieredPGO off, Draft", precompiled, IbaPreset.Draft, [WithoutProfile]);
    }

    private static string Describe(BenchmarkNetwork network, string[] titles, List<FirstMapTimes>[] times)
    {
        var table = new Table("setting", "runtime started", "model loaded", "first map", "of it compiling methods", "methods", "processor time", "processor time of a second map", "first map, times the first line's", "processor time, times the first line's");
        for (int i = 0; i < titles.Length; i++)
        {
            var processor = new Sample(times[i].Zip(times[0], (one, first) => one.Processor / first.Processor));
            var clock = new Sample(times[i].Zip(times[0], (one, first) => one.Explained / first.Explained));
            table.Add(
                titles[i], Seconds(times[i], time => time.Main), Seconds(times[i], time => time.Loaded), Seconds(times[i], time => time.Explained), Seconds(times[i], time => time.Compiling),
                $"{new Sample(times[i].Select(time => (double)time.Methods)).Median:F0}",
                Seconds(times[i], time => time.Processor),
                Seconds(times[i], time => time.SecondProcessor), Table.Spread(clock), Table.Spread(processor));
        }

        return
            $"""
            ## The first map of a fresh process

            Seconds since the process was started: a zip of {network.Name} is loaded by `mlContext.Model.Load` and explains one photograph, with the paper's settings where no preset is
            named. Medians and ranges; the files are in the system's cache. What is told on [Speed against quality](speed.md#the-first-map-of-a-process) follows from it.

            {table}
            """;
    }

    private static string Seconds(List<FirstMapTimes> times, Func<FirstMapTimes, double> select) => Table.Spread(new Sample(times.Select(select)));

    private static FirstMapTimes Start(string folder, string zip, int threads, (string Name, string Value)[] environment)
    {
        string program = Path.Combine(folder, $"{typeof(StartPart).Assembly.GetName().Name}.dll");
        var start = new ProcessStartInfo("dotnet", [program, FirstMap.Command, zip, Assets.Photos()[0]]) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = $"{threads}";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<FirstMapTimes>(said)! : throw new InvalidOperationException($"The process ended with {process.ExitCode}.");
    }
}
