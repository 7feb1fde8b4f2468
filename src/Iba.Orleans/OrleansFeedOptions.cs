using System.Net;
using System.Security.Cryptography.X509Certificates;
using Iba.Jobs;

namespace Iba.Orleans;

/// <summary>Where a worker finds its coordinator.</summary>
public sealed class OrleansFeedOptions
{
    /// <summary>The coordinator, "host:port". Default: this machine's, at port 30000. Not asked for where there is <see cref="Redis"/>.</summary>
    public string Coordinator { get; init; } = $"localhost:{JobCoordinatorOptions.DefaultPort}";

    /// <summary>The Redis server in which the coordinators are found, as <see cref="JobCoordinatorOptions.Redis"/>. Null (default): none.</summary>
    public string? Redis { get; init; }

    /// <summary>The certificate of the coordinator and all workers, as <see cref="JobCoordinatorOptions.Certificate"/>. Null (default): none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// After which silence this worker counts as dead, and its shard goes to others; signs of life are given several times in it. Default one minute;
    /// the same as the <see cref="WorkOptions.LeaseTime"/> of the work.
    /// </summary>
    public TimeSpan LeaseTime { get; init; } = new WorkOptions().LeaseTime;

    /// <summary>
    /// Who this is. A process that takes the place of one that died, under its name, gets that one's shard at once, and not when the lease ends. Null
    /// (default): a name that nobody else has.
    /// </summary>
    public string? Worker { get; init; }

    /// <summary>Told in words when no coordinator answers, and when one does again. Null (default): nobody.</summary>
    public Action<string>? Notice { get; init; }

    internal static bool IsAddress(string text) => Parse(text) != null;

    internal DnsEndPoint EndPoint()
        => Parse(Coordinator) ?? throw new ArgumentException(
            $"Coordinator is '{Coordinator}'; allowed: a machine's name or address, a colon and a port, such as 'node7:{JobCoordinatorOptions.DefaultPort}'.", nameof(Coordinator));

    internal void Validate()
    {
        if (LeaseTime < TimeSpan.FromSeconds(1)) throw new ArgumentOutOfRangeException(nameof(LeaseTime), LeaseTime, $"LeaseTime is {LeaseTime}; allowed: at least a second.");
        if (Certificate is { HasPrivateKey: false }) throw new ArgumentException("The certificate has no private key; the coordinator and the workers need one that has.", nameof(Certificate));
        if (Redis == null) EndPoint();
    }

    private static DnsEndPoint? Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), out int port) && port is > 0 and <= IPEndPoint.MaxPort ? new DnsEndPoint(text[..colon].Trim('[', ']'), port) : null;
    }
}
