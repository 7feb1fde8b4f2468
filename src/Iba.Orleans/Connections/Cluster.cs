using Iba.Jobs;
using Orleans.Configuration;
using StackExchange.Redis;

namespace Iba.Orleans;

/// <summary>What coordinators and workers have to agree on.</summary>
internal static class Cluster
{
    /// <summary>A lost answer is asked for again after this time: the answers themselves take no time.</summary>
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(4);

    private const string Name = "iba";

    /// <summary>Jobs that share a Redis server are apart; without one, the coordinator itself says that it has another job.</summary>
    public static void Configure(ClusterOptions cluster, IbaJob job, string? redis)
    {
        cluster.ServiceId = Name;
        cluster.ClusterId = redis == null ? Name : job.Details.Id;
    }

    /// <summary>Coordinators notice sooner than by default that another one died: there are few of them.</summary>
    public static void NoticeDeaths(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedProbesLimit = 2;
        membership.NumVotesForDeathDeclaration = 1;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    /// <summary>The Redis server; one that is away for a moment is waited for.</summary>
    public static ConfigurationOptions Redis(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        return options;
    }
}
