using Iba.Jobs.Tests;
using Iba.Scale;

namespace Iba.Orleans.Tests;

/// <summary>A small cluster in simulated time; benchmarks/Iba.Scale simulates a large one.</summary>
public class SimulationTests
{
    private static readonly SimulationSettings Small = new() { Shards = 3000, Workers = 30 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Nothing_is_lost_or_doubled_and_coordination_costs_less_than_a_hundredth(int seed)
    {
        using var folder = new TemporaryFolder();

        var result = new ClusterSimulation(Small with { Seed = seed }, folder.Root).Run();

        Assert.Equal((0, 0, 0), (result.Lost, result.Doubled, result.Damaged));
        Assert.True(result is { WorkerDeaths: > 10, Pauses: > 5, CoordinatorDeaths: > 0 }, $"{result}");
        Assert.InRange(result.Executions, Small.Shards, Small.Shards + result.Pauses + result.CoordinatorDeaths);
        Assert.InRange(result.Overhead, 0, 0.01);
    }

    [Fact]
    public void Equal_seeds_simulate_the_same()
    {
        using TemporaryFolder one = new(), other = new();

        var results = new[] { one, other }.Select(folder => new ClusterSimulation(Small with { Shards = 300 }, folder.Root).Run() with { ScheduleTime = default }).ToArray();

        Assert.Equal(results[0], results[1]);
    }

    // Leases that never end: what dead workers had is not handed out again, which the simulation must see.
    [Fact]
    public void What_is_never_handed_out_again_is_missed()
    {
        using var folder = new TemporaryFolder();
        var settings = Small with { Shards = 300, WorkerLife = TimeSpan.FromMinutes(10), LeaseTime = TimeSpan.FromDays(1), CoordinatorLife = TimeSpan.FromDays(1000) };

        Assert.InRange(new ClusterSimulation(settings, folder.Root).Run(TimeSpan.FromHours(3)).Lost, 1, 300);
    }
}
