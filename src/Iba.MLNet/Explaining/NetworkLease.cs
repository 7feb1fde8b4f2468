using Iba.Torch;

namespace Iba.MLNet;

/// <summary>A network for as long as it is needed, whoever it belongs to.</summary>
internal sealed class NetworkLease : IDisposable
{
    private Action? _giveBack;

    /// <param name="network">The network.</param>
    /// <param name="giveBack">Called once, when it is needed no more; null: nothing is to be done then.</param>
    public NetworkLease(Network network, Action? giveBack)
    {
        Network = network;
        _giveBack = giveBack;
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>A network that stays its owner's.</summary>
    public static NetworkLease Borrow(Network network) => new(network, null);

    /// <summary>A network that is disposed with the lease.</summary>
    public static NetworkLease Own(Network network) => new(network, network.Dispose);

    /// <summary>Gives the network back; may be called twice.</summary>
    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
