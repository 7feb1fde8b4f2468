namespace Iba.Torch;

/// <summary>What computes one pass of rows after the other. Lanes of one network may work at the same time, each on a thread of its own.</summary>
/// <typeparam name="TLane">The lane's own type.</typeparam>
internal interface ILane<TLane> : IDisposable
    where TLane : class, ILane<TLane>
{
    /// <summary>About how much memory the largest row so far takes, in bytes; 0: not known yet.</summary>
    double BytesPerRow { get; }

    /// <summary>A lane beside this one; null where the work has to stay on one thread.</summary>
    TLane? Fork();
}
