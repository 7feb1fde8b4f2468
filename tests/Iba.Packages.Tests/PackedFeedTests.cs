namespace Iba.Packages.Tests;

/// <summary>Shares one <see cref="PackedFeed"/> between the test classes, which then run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class PackedFeedTests : ICollectionFixture<PackedFeed>
{
    public const string Name = "Packed feed";
}
