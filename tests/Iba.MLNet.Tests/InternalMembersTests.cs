namespace Iba.MLNet.Tests;

/// <summary>The component uses members that ML.NET keeps internal; a version of ML.NET without one of them must fail here first.</summary>
public class InternalMembersTests
{
    [Fact]
    public void Every_member_of_ML_NET_that_is_used_exists()
    {
        int members = InternalMembers.AssertExist(typeof(IbaTransformer).Assembly);

        Assert.True(members > 100, $"Only {members} members were looked at.");
    }
}
