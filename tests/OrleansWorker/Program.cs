// Each prints "begun" first.
// OrleansWorker coordinate JOB LEASE-SECONDS ADDRESS:PORT[/ADVERTISED] [REDIS]   hands out shards until all are done; prints "coordinating", and "lost N" at the end
// OrleansWorker work JOB LEASE-SECONDS MILLISECONDS-A-ROW HOST:PORT [REDIS]   a worker; prints "begin ROW" when it begins to compute a shard, and what it did
// OrleansWorker join JOB LEASE-SECONDS MILLISECONDS-A-ROW                     the same by leases in the folder
// BIAS in the environment is added to every map: a worker that computes otherwise than the others.
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Iba.Jobs;
using Iba.Jobs.Tests;
using Iba.Orleans;
using OrleansWorker;

Console.WriteLine("begun");
using var ending = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true;
    ending.Cancel();
});
var leaseTime = TimeSpan.FromSeconds(double.Parse(args[2], CultureInfo.InvariantCulture));
return args[0] == "coordinate" ? await CoordinateAsync() : Work();

async Task<int> CoordinateAsync()
{
    string[] addresses = args[3].Split('/');
    var endpoint = IPEndPoint.Parse(addresses[0]);
    var advertised = addresses.Length > 1 ? IPAddress.Parse(addresses[1]) : null;
    var options = new JobCoordinatorOptions { Address = endpoint.Address, AdvertisedAddress = advertised, Port = endpoint.Port, Redis = args.ElementAtOrDefault(4), LeaseTime = leaseTime };
    await using var coordinator = await JobCoordinator.StartAsync(StubJob.Open(args[1]), options, ending.Token);
    Console.WriteLine("coordinating");
    await coordinator.WaitAsync(cancellation: ending.Token);
    Console.WriteLine($"lost {(await coordinator.StatusAsync()).Lost}");
    return 0;
}

int Work()
{
    var duration = TimeSpan.FromMilliseconds(double.Parse(args[3], CultureInfo.InvariantCulture));
    float bias = float.Parse(Environment.GetEnvironmentVariable("BIAS") ?? "0", CultureInfo.InvariantCulture);
    var job = StubJob.Open(args[1], () => new TellingExplainer(new StubExplainer(duration, new HashSet<long>()) { Bias = bias }));
    using var feed = args[0] == "join" ? null : new OrleansFeed(job, new OrleansFeedOptions
    {
        Coordinator = args[4],
        Redis = args.ElementAtOrDefault(5),
        LeaseTime = leaseTime,
        Notice = Console.WriteLine,
    });
    try
    {
        Console.WriteLine(job.Work((IShardFeed?)feed ?? job.FolderFeed(leaseTime), new WorkOptions { LeaseTime = leaseTime }, ending.Token));
        return 0;
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine("interrupted");
        return 130;
    }
}
