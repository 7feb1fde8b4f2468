using Iba.Jobs;
using Iba.Jobs.Tests;

namespace Iba.Cli.Tests;

/// <summary>Rows and people that end processes.</summary>
public class SupervisorTests
{
    [Fact]
    public void A_row_that_ends_the_worker_becomes_a_failure_and_the_command_goes_on()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        using var process = new ToolProcess(ToolProcess.Worker, [("KILLERS", "6")], "work", folder.Root);

        var typed = process.Wait();

        Assert.Equal(ExitCode.SomeRowsFailed, typed.Code);
        // Two deaths as a shard, two as a row.
        Assert.Equal(4, typed.Error.Split("and is begun again").Length - 1);
        Assert.Contains("12 of 12 rows done, 1 of them not explained; 3 of 3 shards", typed.Output, StringComparison.Ordinal);
        Assert.Equal(6, Assert.Single(StubJob.Open(folder.Root).Rows(), row => row.Failure != null).Row);
    }

    [Fact]
    public void A_worker_that_dies_before_any_row_is_given_up()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 4, shardRows: 4);
        using var process = new ToolProcess(ToolProcess.Worker, [("KILLERS", "-1")], "work", folder.Root);

        var typed = process.Wait();

        Assert.Equal(ExitCode.Failure, typed.Code);
        Assert.Contains("3 times before it came to a row", typed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_dies_of_a_number_that_was_handed_out_leaves_it_to_who_did()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        using var process = new ToolProcess(ToolProcess.Worker, [("KILLERS", "6")], "work", folder.Root, "--stdin");
        process.Send("0", "1", "2");

        var typed = process.Wait();

        Assert.Equal((ExitCode.Failure, "0 done"), (typed.Code, Assert.Single(typed.Lines)));
        Assert.Contains("hand out their numbers again", typed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_worker_refuses_is_said_once()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 26, shardRows: 13);
        using var process = new ToolProcess(ToolProcess.Worker, [], "work", folder.Root, "--max-failures", "0");

        var typed = process.Wait();

        Assert.Equal(ExitCode.Failure, typed.Code);
        Assert.Equal(1, typed.Error.Split("iba: ").Length - 1);
        Assert.Contains("more than MaximumFailures (0) allows", typed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void When_the_command_is_killed_its_worker_ends_after_the_row_under_way()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 2000, shardRows: 10);
        using var process = new ToolProcess(ToolProcess.Worker, [("MILLISECONDS", "20")], "work", folder.Root, "--json");
        process.WaitForProgress();

        process.Kill();
        process.Wait(); // The worker writes to the same streams: they end with it.

        var status = StubJob.Open(folder.Root).Status();
        Assert.Equal((false, 0, 0), (status.IsComplete, status.Working, status.Deaths));
    }

    [Fact]
    public void An_interruption_leaves_a_job_that_the_same_command_completes()
    {
        if (OperatingSystem.IsWindows()) return; // There is no kill -INT.
        using var photographs = new Photographs();
        string[] names = [.. Enumerable.Range(0, 120).Select(i => $"{i:D3}.png")];
        PixelExplainer.WritePhotos(photographs["many"], names);
        string[] line = ["explain", photographs["many"], "--model", photographs.Zip, "--output", photographs["job"], "--shard-rows", "4", "--no-report", "--json"];
        using var process = new ToolProcess(ToolProcess.Tool, [], line);
        process.WaitForProgress();

        process.Interrupt();
        var interrupted = process.Wait();

        Assert.Equal(ExitCode.Interrupted, interrupted.Code);
        Assert.Contains("goes on with it", (string)Assert.Single(interrupted.Events("error"))["message"]!, StringComparison.Ordinal);
        var status = IbaJob.Open(photographs["job"]).Status();
        Assert.Equal((false, 0, 0), (status.IsComplete, status.Working, status.Deaths));
        using var again = new ToolProcess(ToolProcess.Tool, [], line);
        var completed = again.Wait();
        Assert.Equal((ExitCode.Success, 120), (completed.Code, (int)completed.Result["rows"]!));
        Assert.Equal((string)Typed.Run([.. line.Select(word => word == photographs["job"] ? photographs["other job"] : word)]).Result["sha256"]!, (string)completed.Result["sha256"]!);
    }
}
