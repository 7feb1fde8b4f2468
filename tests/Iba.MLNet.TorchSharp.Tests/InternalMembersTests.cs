using Iba.MLNet.Tests;

namespace Iba.MLNet.TorchSharp.Tests;

/// <summary>The package uses members that ML.NET and Microsoft.ML.TorchSharp keep internal; a version without one of them must fail here first.</summary>
public class InternalMembersTests
{
    [Fact]
    public void Every_member_that_is_used_exists()
    {
        int members = InternalMembers.AssertExist(typeof(NasBertNetwork).Assembly);

        Assert.True(members > 20, $"Only {members} members were looked at.");
    }
}
