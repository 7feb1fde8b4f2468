namespace Iba.MLNet;

/// <summary>A share in something that several hold: what is to be done when it is needed no more is done when the last share is given back.</summary>
internal sealed class SharedOwnership : IDisposable
{
    private readonly Holders _holders;
    private int _givenBack;

    /// <summary>The first share.</summary>
    /// <param name="release">Called once, when the last share is given back; null: nothing is to be done then.</param>
    public SharedOwnership(Action? release)
        : this(new Holders(release))
    {
    }

    private SharedOwnership(Holders holders) => _holders = holders;

    /// <summary>One more share, while this one is held.</summary>
    public SharedOwnership Share()
    {
        Interlocked.Increment(ref _holders.Count);
        return new SharedOwnership(_holders);
    }

    /// <summary>Gives the share back; may be called twice.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _givenBack, 1) == 0 && Interlocked.Decrement(ref _holders.Count) == 0) _holders.Release?.Invoke();
    }

    private sealed class Holders(Action? release)
    {
        public int Count = 1;

        public Action? Release { get; } = release;
    }
}
