namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>Tests that share the browser.</summary>
[CollectionDefinition(Name)]
public class ChromiumTests : ICollectionFixture<Chromium>
{
    public const string Name = "Chromium";
}
