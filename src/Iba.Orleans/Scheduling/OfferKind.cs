namespace Iba.Orleans;

/// <summary>What a coordinator answers a worker that asks for a shard.</summary>
internal enum OfferKind
{
    /// <summary>Here is one.</summary>
    Shard,

    /// <summary>There is none now; others are at work on what is left, and may lose it.</summary>
    Wait,

    /// <summary>All are committed, as far as the coordinator knows.</summary>
    Finished,

    /// <summary>The coordinator has another job.</summary>
    OtherJob,
}
