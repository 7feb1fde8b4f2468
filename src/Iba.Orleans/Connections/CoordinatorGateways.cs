using System.Net;
using Orleans.Messaging;

namespace Iba.Orleans;

/// <summary>Where workers find the one coordinator: its name is looked up again and again, since the next coordinator may be on another machine.</summary>
internal sealed class CoordinatorGateways(DnsEndPoint coordinator) : IGatewayListProvider
{
    /// <inheritdoc/>
    public TimeSpan MaxStaleness => TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task<IList<Uri>> GetGateways()
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(coordinator.Host, coordinator.AddressFamily);
            return [.. addresses.Select(address => SiloAddress.New(new IPEndPoint(address, coordinator.Port), 0).ToGatewayUri())];
        }
        catch (System.Net.Sockets.SocketException)
        {
            // A name that nobody knows may be known in a moment.
            return [];
        }
    }
}
