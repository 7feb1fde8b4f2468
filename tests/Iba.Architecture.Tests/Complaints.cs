namespace Iba.Architecture.Tests;

/// <summary>What a check of the whole source tree found, all of it in one message.</summary>
internal static class Complaints
{
    public static void AssertNone(IEnumerable<string> complaints)
    {
        string[] found = [.. complaints];
        Assert.True(found.Length == 0, string.Join('\n', found.Prepend($"{found.Length} found:")));
    }
}
