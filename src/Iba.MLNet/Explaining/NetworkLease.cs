using Iba.Torch;

namespace Iba.MLNet;

/// <summary>A network for as long as it is needed, whoever it belongs to.</summary>
internal sealed class NetworkLease : IDisposable
{
    private readonly SharedOwnership _ownership;

    /// <param name="network">The network.</param>
    /// <param name="giveBack">Called once, when it is needed no more; null: nothing is to be done then.</param>
    public NetworkLease(Network network, Action? giveBack)
        : this(network, new SharedOwnership(giveBack))
    {
    }

    private NetworkLease(Network network, SharedOwnership ownership) => (Network, _ownership) = (network, ownership);

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>A network that stays its owner's.</summary>
    public static NetworkLease Borrow(Network network) => new(network, giveBack: null);

    /// <summary>A network that is disposed with the lease.</summary>
    public static NetworkLease Own(Network network) => new(network, network.Dispose);

    /// <summary>A lease of the same network, which is given back when the last of them is.</summary>
    public NetworkLease Share() => new(Network, _ownership.Share());

    /// <summary>Gives the network back; may be called twice.</summary>
    public void Dispose() => _ownership.Dispose();
}
