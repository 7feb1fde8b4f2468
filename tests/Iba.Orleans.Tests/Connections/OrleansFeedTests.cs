using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Iba.Jobs;
using Iba.Jobs.Tests;

namespace Iba.Orleans.Tests;

/// <summary>Coordinator and worker in this process.</summary>
public class OrleansFeedTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_job_is_done_and_measured_and_what_vanishes_afterwards_is_done_again()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        var job = StubJob.Open(folder.Root);
        long leases = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == OrleansTelemetry.LeasesName) listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref leases, value));
        listener.Start();
        int port = FreePort.Pair();
        await using var coordinator = await JobCoordinator.StartAsync(job, new JobCoordinatorOptions { Port = port });
        Assert.Equal(new CoordinatorStatus(3, 0, 0, 0, false), await coordinator.StatusAsync());

        Assert.True(Work(job, port).IsComplete);
        var reports = new List<CoordinatorStatus>();
        await coordinator.WaitAsync(new Reports(reports)).WaitAsync(Patience);

        Assert.Equal(new CoordinatorStatus(3, 3, 0, 0, true), reports[^1]);
        Assert.Equal(3, leases);

        // The coordinator says that all is done; the folder says otherwise.
        File.Delete(Path.Combine(folder.Root, "shards", "000", "part-000001.parquet"));
        Assert.Equal((4, true), (Work(job, port) is var again ? again.Rows : 0, again.IsComplete));
    }

    [Fact]
    public async Task Several_feeds_of_one_process_have_shards_of_their_own()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 8, shardRows: 4);
        var job = StubJob.Open(folder.Root);
        int port = FreePort.Pair();
        await using var coordinator = await JobCoordinator.StartAsync(job, new JobCoordinatorOptions { Port = port });
        using OrleansFeed one = Feed(job, port), other = Feed(job, port);

        int[] shards = new[] { one, other }.Select(feed => feed.Next(CancellationToken.None)!.Shard).ToArray();

        Assert.Equal([0, 1], shards);
        Assert.True(one.Renew(new ShardLease(0)));
        Assert.Equal(2, (await coordinator.StatusAsync()).Working);
        one.Dispose();
        one.Dispose();
        Assert.Equal(1, (await coordinator.StatusAsync()).Working);
    }

    /// <summary>A sign of life that overtakes the goodbye keeps the shard from the others for a whole lease.</summary>
    [Fact]
    public async Task What_leaves_after_a_sign_of_life_keeps_nothing()
    {
        const int Feeds = 10;
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 4 * Feeds, shardRows: 4);
        var job = StubJob.Open(folder.Root);
        int port = FreePort.Pair();
        await using var coordinator = await JobCoordinator.StartAsync(job, new JobCoordinatorOptions { Port = port });
        var feeds = Enumerable.Range(0, Feeds).Select(_ => Feed(job, port)).ToArray();
        var leases = feeds.Select(feed => feed.Next(CancellationToken.None)!).ToArray();
        Assert.Equal(Feeds, (await coordinator.StatusAsync()).Working);

        foreach (var (feed, lease) in feeds.Zip(leases))
        {
            Assert.True(feed.Renew(lease));
            feed.Dispose();
        }

        Assert.Equal(0, (await coordinator.StatusAsync()).Working);
    }

    [Fact]
    public async Task A_question_is_not_waited_for_when_its_connection_broke_off()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 40, shardRows: 4);
        var job = StubJob.Open(folder.Root);
        int port = FreePort.Pair();
        var between = new IPEndPoint(IPAddress.Parse("127.0.0.3"), port);
        await using var coordinator = await JobCoordinator.StartAsync(job, new JobCoordinatorOptions { Port = port, AdvertisedAddress = between.Address });
        using var relay = new BreakingRelay(between, new IPEndPoint(IPAddress.Loopback, port));
        var notices = Channel.CreateUnbounded<string>();
        using var feed = new OrleansFeed(job, new OrleansFeedOptions { Coordinator = $"{between}", Notice = message => notices.Writer.TryWrite(message) });
        using var patience = new CancellationTokenSource(Patience);
        Assert.NotNull(feed.Next(patience.Token));

        // On a machine that is busy enough, the time for an answer is over before anybody learns of the connection.
        string silence;
        int attempts = 0;
        do
        {
            relay.BreakOffAtNextQuestion();
            Assert.NotNull(await Task.Run(() => feed.Next(patience.Token)));
            silence = await notices.Reader.ReadAsync(patience.Token);
            Assert.StartsWith($"No coordinator answers at {between}; it is asked again until one does, or the job is done. ", silence, StringComparison.Ordinal);
            Assert.Equal($"The coordinator at {between} answers again.", await notices.Reader.ReadAsync(patience.Token));
        }
        while (!silence.EndsWith("The connection broke off.", StringComparison.Ordinal) && ++attempts < 5);

        Assert.EndsWith("The connection broke off.", silence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_job_is_refused_by_name()
    {
        using TemporaryFolder folder = new(), other = new();
        StubJob.Plan(folder.Root, rows: 8, shardRows: 4);
        StubJob.Plan(other.Root, rows: 12, shardRows: 4);
        int port = FreePort.Pair();
        await using var coordinator = await JobCoordinator.StartAsync(StubJob.Open(folder.Root), new JobCoordinatorOptions { Port = port });

        var refusal = Assert.Throws<JobException>(() => Work(StubJob.Open(other.Root), port));

        Assert.Contains($"The coordinator at 127.0.0.1:{port} has another job than '{other.Root}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_certificate_those_who_have_it_work_and_nobody_else()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 8, shardRows: 4);
        var job = StubJob.Open(folder.Root);
        using X509Certificate2 certificate = Certificate(), another = Certificate();
        int port = FreePort.Pair();
        await using var coordinator = await JobCoordinator.StartAsync(job, new JobCoordinatorOptions { Port = port, Certificate = certificate });

        foreach (var wrong in new[] { null, another })
        {
            var told = new TaskCompletionSource<string>();
            using var stranger = Feed(job, port, wrong, message => told.TrySetResult(message));
            using var impatient = new CancellationTokenSource();
            var asking = Task.Run(() => stranger.Next(impatient.Token));
            Assert.Contains($"No coordinator answers at 127.0.0.1:{port}", await told.Task.WaitAsync(Patience), StringComparison.Ordinal);
            await impatient.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => asking);
        }

        Assert.Equal(0, (await coordinator.StatusAsync()).Working);
        Assert.True(Work(job, port, certificate).IsComplete);
    }

    [Fact]
    public async Task The_dashboard_is_shown_on_loopback()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 8, shardRows: 4);
        int port = FreePort.Pair(), dashboard = FreePort.Pair();
        await using var coordinator = await JobCoordinator.StartAsync(StubJob.Open(folder.Root), new JobCoordinatorOptions { Port = port, DashboardPort = dashboard });
        using var browser = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{dashboard}/") };

        Assert.Contains("<html", await browser.GetStringAsync(new Uri("", UriKind.Relative)), StringComparison.OrdinalIgnoreCase);
        // It counts once a second.
        using var patience = new CancellationTokenSource(Patience);
        while (!(await browser.GetStringAsync(new Uri("DashboardCounters", UriKind.Relative), patience.Token)).Contains("JobGrain", StringComparison.Ordinal))
        {
            Assert.False((await coordinator.StatusAsync()).IsFinished);
            await Task.Delay(100, patience.Token);
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 8, shardRows: 4);
        int port = FreePort.Pair();
        using var other = new TcpListener(IPAddress.Loopback, port + 1);
        other.Start();

        var refusal = await Assert.ThrowsAsync<IOException>(() => JobCoordinator.StartAsync(StubJob.Open(folder.Root), new JobCoordinatorOptions { Port = port }));

        Assert.StartsWith($"The coordinator cannot listen at 127.0.0.1:{port + 1}: ", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("node7")]
    [InlineData("node7:")]
    [InlineData(":30000")]
    [InlineData("node7:70000")]
    public void An_address_that_is_none_is_refused(string coordinator)
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 8, shardRows: 4);

        var refusal = Assert.Throws<ArgumentException>(() => new OrleansFeed(StubJob.Open(folder.Root), new OrleansFeedOptions { Coordinator = coordinator }));

        Assert.StartsWith($"Coordinator is '{coordinator}'; allowed: a machine's name or address, a colon and a port, such as 'node7:30000'.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_cannot_be_are_refused()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 8, shardRows: 4);
        var job = StubJob.Open(folder.Root);
        using var certificate = Certificate();
        using var publicPart = X509CertificateLoader.LoadCertificate(certificate.RawData);

        Assert.Contains("allowed: 1 to 65534", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => JobCoordinator.StartAsync(job, new JobCoordinatorOptions { Port = 65535 }))).Message, StringComparison.Ordinal);
        Assert.Contains("allowed: 1 to 65535", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => JobCoordinator.StartAsync(job, new JobCoordinatorOptions { DashboardPort = 0 }))).Message, StringComparison.Ordinal);
        Assert.Contains("no private key", (await Assert.ThrowsAsync<ArgumentException>(() => JobCoordinator.StartAsync(job, new JobCoordinatorOptions { Certificate = publicPart }))).Message, StringComparison.Ordinal);
        Assert.Contains("no private key", Assert.Throws<ArgumentException>(() => new OrleansFeed(job, new OrleansFeedOptions { Certificate = publicPart })).Message, StringComparison.Ordinal);
        Assert.Contains("at least a second", Assert.Throws<ArgumentOutOfRangeException>(() => new OrleansFeed(job, new OrleansFeedOptions { LeaseTime = TimeSpan.Zero })).Message, StringComparison.Ordinal);
    }

    private static OrleansFeed Feed(IbaJob job, int port, X509Certificate2? certificate = null, Action<string>? notice = null)
        => new(job, new OrleansFeedOptions { Coordinator = $"127.0.0.1:{port}", Certificate = certificate, Notice = notice });

    private static WorkSummary Work(IbaJob job, int port, X509Certificate2? certificate = null)
    {
        using var feed = Feed(job, port, certificate);
        using var patience = new CancellationTokenSource(Patience);
        return job.Work(feed, cancellation: patience.Token);
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=a job", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed class Reports(List<CoordinatorStatus> all) : IProgress<CoordinatorStatus>
    {
        public void Report(CoordinatorStatus value) => all.Add(value);
    }
}
