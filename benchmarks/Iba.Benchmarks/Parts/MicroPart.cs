using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace Iba.Benchmarks;

/// <summary>The small parts of the method, measured by BenchmarkDotNet.</summary>
internal sealed class MicroPart : IBenchmarkPart
{
    public string Name => "micro";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance))
            .AddLogger(ConsoleLogger.Default)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "Iba.Benchmarks"));
        var summary = BenchmarkRunner.Run<SmallParts>(config);
        var table = new Table("Part", "milliseconds", "standard deviation");
        foreach (var report in summary.Reports)
        {
            if (report.ResultStatistics is not { } statistics) continue;
            table.Add(
                report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''),
                (statistics.Mean / 1e6).ToString("F3", CultureInfo.InvariantCulture),
                (statistics.StandardDeviation / 1e6).ToString("F3", CultureInfo.InvariantCulture));
        }

        return
            $"""
            ## The small parts

            Measured by BenchmarkDotNet in one process, on features [512, 28, 28] (ResNet-50 after its second stage) and a photograph.

            {table}
            """;
    }
}
