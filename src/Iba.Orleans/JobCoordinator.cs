using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Iba.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace Iba.Orleans;

/// <summary>
/// Hands out a job's shards to workers on many machines, which join, leave and die as they like (<see cref="OrleansFeed"/>). It computes nothing and
/// keeps nothing: another one that is started in its place reads the job's folder, and goes on.
/// </summary>
/// <example>
/// <code>
/// using Iba.Jobs;
/// using Iba.Orleans;
///
/// // On one machine:
/// await using JobCoordinator coordinator = await JobCoordinator.StartAsync(IbaJob.Open("job"));
/// await coordinator.WaitAsync();
///
/// // On any number of others that see the folder:
/// IbaJob job = IbaJob.Open("job");
/// using OrleansFeed feed = new(job, new OrleansFeedOptions { Coordinator = "node7:30000" });
/// WorkSummary summary = job.Work(feed);
/// </code>
/// </example>
public sealed class JobCoordinator : IAsyncDisposable
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    private readonly IHost _host;
    private readonly IJobGrain _grain;
    private readonly int _shards;

    private JobCoordinator(IHost host, IbaJob job)
    {
        (_host, _shards) = (host, job.Details.Shards);
        _grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IJobGrain>(job.Details.Id);
    }

    /// <summary>Starts a coordinator in this process.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">Where it listens. Null (default): the defaults, for workers of this machine.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<JobCoordinator> StartAsync(IbaJob job, JobCoordinatorOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        options ??= new JobCoordinatorOptions();
        options.Validate();
        // Orleans notices a port that is taken only after it has joined the cluster.
        foreach (int port in new[] { options.Port, options.Port + 1 }) CheckFree(new IPEndPoint(options.Address, port));
        var host = options.DashboardPort is { } dashboard ? WithDashboard(job, options, dashboard) : Plain(job, options);
        try
        {
            await host.StartAsync(cancellation);
            return new JobCoordinator(host, job);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>How far the job is.</summary>
    public async Task<CoordinatorStatus> StatusAsync()
    {
        var status = await _grain.Status();
        return new CoordinatorStatus(_shards, status.Done, status.Leased, status.Lost, status.IsFinished);
    }

    /// <summary>Waits until every shard is committed.</summary>
    /// <param name="progress">Told once a second. Null (default): nobody.</param>
    /// <param name="cancellation">Ends the waiting; the coordinator goes on.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task WaitAsync(IProgress<CoordinatorStatus>? progress = null, CancellationToken cancellation = default)
    {
        while (true)
        {
            try
            {
                var status = await StatusAsync().WaitAsync(cancellation);
                progress?.Report(status);
                if (status.IsFinished) return;
            }
            catch (Exception failure) when (failure is TimeoutException or OrleansException)
            {
                // The grain is at another coordinator that died just now, and comes up again here.
            }

            await Task.Delay(StatusInterval, cancellation);
        }
    }

    /// <summary>Stops it. Workers finish the shards that they have, and wait for another coordinator unless the job is done.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static IHost Plain(IbaJob job, JobCoordinatorOptions options)
    {
        // Empty: how the application handles signals, and its settings' files, are its own.
        var builder = Host.CreateEmptyApplicationBuilder(null);
        Configure(builder, job, options);
        return builder.Build();
    }

    private static WebApplication WithDashboard(IbaJob job, JobCoordinatorOptions options, int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Configure(builder, job, options);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.Listen(IPAddress.Loopback, port));
        builder.Services.AddRouting();
        var application = builder.Build();
        application.MapOrleansDashboard();
        return application;
    }

    private static void Configure(IHostApplicationBuilder builder, IbaJob job, JobCoordinatorOptions options)
    {
        options.Logging?.Invoke(builder.Logging);
        builder.Services.AddSingleton(job).AddSingleton(new CoordinatorLease(options.LeaseTime));
        builder.UseOrleans(silo =>
        {
            var endpoint = new IPEndPoint(options.AdvertisedAddress ?? Own(options.Address), options.Port + 1);
            silo.Configure<ClusterOptions>(cluster => Cluster.Configure(cluster, job, options.Redis));
            silo.Configure<EndpointOptions>(listening =>
            {
                listening.AdvertisedIPAddress = endpoint.Address;
                listening.SiloPort = endpoint.Port;
                // Only other coordinators need this port.
                listening.SiloListeningEndpoint = new IPEndPoint(options.Redis == null ? IPAddress.Loopback : options.Address, endpoint.Port);
                listening.GatewayPort = options.Port;
                listening.GatewayListeningEndpoint = new IPEndPoint(options.Address, options.Port);
            });
            silo.Configure<ClusterMembershipOptions>(Cluster.NoticeDeaths);
            if (options.Redis == null) silo.UseDevelopmentClustering(endpoint);
            else silo.UseRedisClustering(redis => redis.ConfigurationOptions = Cluster.Redis(options.Redis));
            if (options.Certificate is { } certificate) silo.UseTls(certificate, tls => SharedCertificate.Configure(tls, certificate));
            if (options.DashboardPort != null) silo.AddDashboard();
        });
    }

    private static void CheckFree(IPEndPoint endpoint)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
        }
        catch (SocketException failure)
        {
            throw new IOException($"The coordinator cannot listen at {endpoint}: {failure.Message}. Give it another address, or a port where it and the one after it are free.", failure);
        }
    }

    // Other coordinators need an address of this machine, where it listens at all of them.
    private static IPAddress Own(IPAddress address)
    {
        if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)) return address;
        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(own => own.AddressFamily == address.AddressFamily && !own.IsIPv6LinkLocal) ?? (address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback);
    }
}
