using System.Diagnostics;
using Iba.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Iba.Orleans;

/// <summary>
/// The shards that a <see cref="JobCoordinator"/> hands out. A coordinator that dies is waited for, or the next one; the feed ends when the job's folder
/// has every shard, whatever the coordinator says. For one call of <see cref="IbaJob.Work"/>.
/// </summary>
public sealed class OrleansFeed : IShardFeed, IDisposable
{
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReconnectPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private readonly IbaJob _job;
    private readonly JobFolder _folder;
    private readonly OrleansFeedOptions _options;
    private readonly IHost _client;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Task<IJobGrain> _connecting;
    private readonly TimeSpan _poll;
    private readonly string _worker;

    private volatile CancellationTokenSource _connection = new();
    private volatile string? _whyNot;
    private volatile Task<bool>? _renewal;
    private volatile bool _isMine;
    private bool _toldOfSilence, _isDisposed;
    private long _lookedAt;
    private int? _committed;

    /// <summary>A feed, which connects by itself and waits for a coordinator as long as it takes.</summary>
    /// <param name="job">The job; its folder is the coordinator's, wherever it lies on this machine.</param>
    /// <param name="options">Where the coordinator is. Null (default): on this machine.</param>
    /// <exception cref="ArgumentException">An option cannot be.</exception>
    public OrleansFeed(IbaJob job, OrleansFeedOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(job);
        _options = options ?? new OrleansFeedOptions();
        _options.Validate();
        _job = job;
        _folder = new JobFolder(job.Folder);
        _worker = _options.Worker ?? $"{WorkerRecord.Current.Host}-{WorkerRecord.Current.Process}-{Guid.NewGuid():N}";
        _poll = TimeSpan.FromMilliseconds(Math.Clamp(_options.LeaseTime.TotalMilliseconds / 20, 100, 2000));
        _client = CreateClient();
        _connecting = Task.Run(ConnectAsync);
    }

    private string Where => _options.Redis == null ? $"at {_options.Coordinator}" : "in Redis";

    /// <inheritdoc/>
    /// <exception cref="JobException">The coordinator has another job.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ShardLease? Next(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var offer = Ask(grain => grain.Next(_worker, _options.LeaseTime, _committed), cancellation);
            if (offer != null) _committed = null;
            switch (offer?.Kind)
            {
                case OfferKind.Shard:
                    (_renewal, _isMine) = (null, true);
                    return new ShardLease(offer.Value.Shard);
                case OfferKind.OtherJob:
                    throw new JobException($"The coordinator {Where} has another job than '{_job.Folder}' ({_job.Details.Id}): give it this job, or name another coordinator.");
                case OfferKind.Finished or null when IsFinished(isSaid: offer != null):
                    return null;
                default:
                    cancellation.WaitHandle.WaitOne(_poll);
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public bool Renew(ShardLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        // Not waited for: the coordinator may be away, and the work goes on.
        if (_renewal is { IsCompleted: false } || !_connecting.IsCompletedSuccessfully) return _isMine;
        if (_renewal is { IsCompletedSuccessfully: true, Result: var isMine }) _isMine = isMine;
        var renewal = _connecting.Result.Renew(_worker, lease.Shard, _options.LeaseTime);
        renewal.Ignore();
        _renewal = renewal;
        return _isMine;
    }

    /// <inheritdoc/>
    public void Done(ShardLease lease, bool isCommitted)
    {
        ArgumentNullException.ThrowIfNull(lease);
        // Said with the next question, and if that does not arrive, by the folder.
        if (isCommitted) _committed = lease.Shard;
        else if (_connecting.IsCompletedSuccessfully) LeaveAsync(_connecting.Result).Ignore();
    }

    /// <summary>Gives back what this process has, and disconnects.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (_connecting.IsCompletedSuccessfully) Quietly(LeaveAsync(_connecting.Result));
        _disposed.Cancel();
        if (_connecting.IsCompletedSuccessfully) Quietly(_client.StopAsync());
        Quietly(_connecting);
        _client.Dispose();
        _disposed.Dispose();
    }

    // Calls may overtake each other, and a renewal that arrives after the goodbye would take the shard again.
    private async Task LeaveAsync(IJobGrain grain)
    {
        if (_renewal is Task renewal) await renewal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await grain.Leave(_worker);
    }

    // Which grains there are is known once a coordinator has answered.
    private async Task<IJobGrain> ConnectAsync()
    {
        await _client.StartAsync(_disposed.Token);
        return _client.Services.GetRequiredService<IGrainFactory>().GetGrain<IJobGrain>(_job.Details.Id);
    }

    private static void Quietly(Task task)
    {
        try
        {
            task.Wait(Goodbye);
        }
        catch (AggregateException)
        {
            // Nobody is there to hear it.
        }
    }

    /// <summary>An answer of the coordinator; null: there is none now. What was asked when the connection broke off is not answered, nor waited for.</summary>
    private ShardOffer? Ask(Func<IJobGrain, Task<ShardOffer>> question, CancellationToken cancellation)
    {
        if (!_connecting.IsCompletedSuccessfully)
        {
            // Nothing is said before the first attempt has failed.
            if (_whyNot != null || _connecting.IsFaulted) TellOfSilence(_whyNot ?? _connecting.Exception!.GetBaseException().Message);
            return null;
        }

        using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _connection.Token);
        try
        {
            var answered = question(_connecting.Result);
            answered.Ignore();
            var answer = answered.WaitAsync(asking.Token).GetAwaiter().GetResult();
            if (_toldOfSilence) _options.Notice?.Invoke($"The coordinator {Where} answers again.");
            _toldOfSilence = false;
            return answer;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            TellOfSilence(failure is OperationCanceledException ? "The connection broke off." : failure.GetBaseException().Message);
            return null;
        }
    }

    private void TellOfSilence(string why)
    {
        if (!_toldOfSilence) _options.Notice?.Invoke($"No coordinator answers {Where}; it is asked again until one does, or the job is done. {why.Split('\n')[0]}");
        _toldOfSilence = true;
    }

    // The folder is the truth. Where nobody says that it is complete, it is not read all the time.
    private bool IsFinished(bool isSaid)
    {
        if (!isSaid && _lookedAt != 0 && Stopwatch.GetElapsedTime(_lookedAt) < LookInterval) return false;
        bool isFinished = _folder.Committed().Count == _job.Details.Shards;
        _lookedAt = Stopwatch.GetTimestamp();
        return isFinished;
    }

    private IHost CreateClient()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => Cluster.Configure(cluster, _job, _options.Redis));
            client.Configure<ClientMessagingOptions>(messages => messages.ResponseTimeout = Cluster.ResponseTimeout);
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = LookInterval);
            if (_options.Redis == null) client.Services.AddSingleton<IGatewayListProvider>(new CoordinatorGateways(_options.EndPoint()));
            else client.UseRedisClustering(redis => redis.ConfigurationOptions = Cluster.Redis(_options.Redis));
            client.AddClusterConnectionLostHandler((_, _) => Interlocked.Exchange(ref _connection, new CancellationTokenSource()).Cancel());
            if (_options.Certificate is { } certificate) client.UseTls(certificate, tls => SharedCertificate.Configure(tls, certificate));
            client.UseConnectionRetryFilter(async (failure, cancellation) =>
            {
                _whyNot = failure.GetBaseException().Message;
                await Task.Delay(ReconnectPause, cancellation);
                return true;
            });
        });
        return builder.Build();
    }
}
