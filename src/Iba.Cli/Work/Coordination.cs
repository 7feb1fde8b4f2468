using System.Net;
using Iba.Jobs;
using Iba.Orleans;

namespace Iba.Cli;

/// <summary>Coordinates a job until it is done.</summary>
internal static class Coordination
{
    /// <summary>Runs a coordinator, and says where it is and how far the job.</summary>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public static void Run(IbaJob job, JobCoordinatorOptions options, Reporter reporter, CancellationToken cancellation)
        => RunAsync(job, options, reporter, cancellation).GetAwaiter().GetResult();

    private static async Task RunAsync(IbaJob job, JobCoordinatorOptions options, Reporter reporter, CancellationToken cancellation)
    {
        using var telemetry = Telemetry.Start();
        await using var coordinator = await JobCoordinator.StartAsync(job, options, cancellation);
        string address = options.AdvertisedAddress?.ToString() ?? (options.Address.Equals(IPAddress.Any) || options.Address.Equals(IPAddress.IPv6Any) ? Dns.GetHostName() : options.Address.ToString());
        string way = options.Redis == null ? $"--orleans {address}:{options.Port}" : $"--redis {options.Redis}";
        reporter.Note($"Workers come by 'iba work JOB {way}{(options.Certificate == null ? "" : " --tls FILE")}'.");
        reporter.Note(Who(options));
        if (options.DashboardPort is { } port) reporter.Note($"Dashboard: http://localhost:{port}/");
        using var progress = reporter.Progress("shards", new JobFolder(job.Folder).Committed().Count);
        await coordinator.WaitAsync(new ShardProgress(progress), cancellation);
    }

    private static string Who(JobCoordinatorOptions options)
        => options.Certificate != null ? "Connections are encrypted, and who does not have the certificate is refused."
            : IPAddress.IsLoopback(options.Address) ? "It listens on loopback alone: for workers on other machines add --listen 0.0.0.0, with --tls unless you trust the network."
            : "Whoever reaches this port can take shards, unencrypted: add --tls unless you trust the network.";

    private sealed class ShardProgress(ProgressLine line) : IProgress<CoordinatorStatus>
    {
        private int? _before;

        public void Report(CoordinatorStatus value)
        {
            _before ??= value.ShardsDone;
            ((IProgress<JobProgress>)line).Report(new JobProgress(value.ShardsDone - _before.Value, 0, value.ShardsDone, value.Shards));
        }
    }
}
