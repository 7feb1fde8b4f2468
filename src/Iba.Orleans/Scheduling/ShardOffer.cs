namespace Iba.Orleans;

/// <summary>An answer to a worker that asks for a shard.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Shard">The shard's number, where it is one.</param>
[GenerateSerializer]
internal readonly record struct ShardOffer([property: Id(0)] OfferKind Kind, [property: Id(1)] int Shard = -1);
