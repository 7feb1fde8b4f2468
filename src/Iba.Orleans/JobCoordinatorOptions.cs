using System.Net;
using System.Security.Cryptography.X509Certificates;
using Iba.Jobs;
using Microsoft.Extensions.Logging;

namespace Iba.Orleans;

/// <summary>Where a coordinator listens, and who may connect.</summary>
public sealed class JobCoordinatorOptions
{
    /// <summary>The port that <see cref="Port"/> is by default.</summary>
    public const int DefaultPort = 30000;

    /// <summary>
    /// The address of this machine that workers connect to. Default: the loopback address, so that only this machine's can; <see cref="IPAddress.Any"/>:
    /// all of this machine's. Whoever reaches the port can take shards, unless there is a <see cref="Certificate"/>.
    /// </summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>
    /// The address by which workers, and other coordinators, reach it: Orleans refuses those that come by another one. It may be an address of something
    /// before this machine. Null (default): <see cref="Address"/>, or where that is any, the first one of this machine.
    /// </summary>
    public IPAddress? AdvertisedAddress { get; init; }

    /// <summary>The port that workers connect to, 1 to 65534; default 30000. Coordinators talk with each other at the port after it.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>
    /// A Redis server, as StackExchange.Redis takes it ("host:port,password=..."), in which several coordinators of one job, and their workers, find each
    /// other. Null (default): there is one coordinator, and no server is needed.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>
    /// A certificate with its private key that the coordinator and all workers have: connections are encrypted, and who does not have it is refused.
    /// Null (default): neither.
    /// </summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The port of the loopback address where a browser finds Orleans' dashboard, 1 to 65535. Null (default): there is none.</summary>
    public int? DashboardPort { get; init; }

    /// <summary>After which silence a process that the job's folder names counts as dead, for a coordinator that begins. Default one minute, as <see cref="WorkOptions.LeaseTime"/>.</summary>
    public TimeSpan LeaseTime { get; init; } = new WorkOptions().LeaseTime;

    /// <summary>Where Orleans writes its log. Null (default): nowhere.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    internal void Validate()
    {
        if (Port is < 1 or >= IPEndPoint.MaxPort) throw new ArgumentOutOfRangeException(nameof(Port), Port, $"Port is {Port}; allowed: 1 to {IPEndPoint.MaxPort - 1}.");
        if (DashboardPort is < 1 or > IPEndPoint.MaxPort) throw new ArgumentOutOfRangeException(nameof(DashboardPort), DashboardPort, $"DashboardPort is {DashboardPort}; allowed: 1 to {IPEndPoint.MaxPort}, or null.");
        if (Certificate is { HasPrivateKey: false }) throw new ArgumentException("The certificate has no private key; the coordinator and the workers need one that has.", nameof(Certificate));
    }
}
