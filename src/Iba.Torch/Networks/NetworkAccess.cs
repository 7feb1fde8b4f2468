namespace Iba.Torch;

/// <summary>
/// What is entered by whoever computes with a network, or changes or disposes it, while others may want to. Networks that share something
/// take turns. Never enter that of a second network from inside.
/// </summary>
internal sealed class NetworkAccess
{
    private readonly object[] _shared;

    /// <summary>Access to a network that shares nothing with others.</summary>
    public NetworkAccess()
        : this([new object()])
    {
    }

    /// <param name="shared">What networks may share, in an order that is the same for all networks: those with a thing in common take turns.</param>
    public NetworkAccess(IEnumerable<object> shared) => _shared = shared.ToArray();

    /// <summary>Waits until no other thread is inside; this thread may be.</summary>
    /// <returns>Disposed, on the same thread, when done.</returns>
    public Inside Enter()
    {
        int entered = 0;
        try
        {
            // One order for all: two networks cannot wait for each other.
            for (; entered < _shared.Length; entered++) Monitor.Enter(_shared[entered]);
        }
        catch
        {
            Leave(entered);
            throw;
        }

        return new Inside(this);
    }

    private void Leave(int entered)
    {
        while (entered-- > 0) Monitor.Exit(_shared[entered]);
    }

    /// <summary>Ends with <see cref="Dispose"/>.</summary>
    public readonly struct Inside(NetworkAccess access) : IDisposable
    {
        /// <summary>Lets others in.</summary>
        public void Dispose() => access.Leave(access._shared.Length);
    }
}
