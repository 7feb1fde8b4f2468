using Iba.Jobs.Tests;

namespace Iba.Cli.Tests;

/// <summary>Jobs in steps.</summary>
public class JobCommandTests(Photographs photographs) : IClassFixture<Photographs>
{
    private const string Index = "JOB_COMPLETION_INDEX";

    [Fact]
    public void Steps_in_any_order_give_the_bytes_of_explain()
    {
        string together = photographs["together"], steps = photographs["steps"];
        var expected = Typed.Run("explain", photographs.Folder, "--model", photographs.Zip, "--output", together, "--shard-rows", "2", "--no-report", "--json");

        var planned = Typed.Run("plan", photographs.Folder, "--model", photographs.Zip, "--output", steps, "--shard-rows", "2", "--json");
        Assert.Equal((9, 5), ((int)planned.Result["rows"]!, (int)planned.Result["shards"]!));
        Assert.Contains("5 of 5 shards are missing", Typed.Run("merge", steps).Error, StringComparison.Ordinal);
        Assert.Equal(["3 done"], Typed.Run("3\n", ["work", steps, "--stdin", "--json"]).Lines.Where(line => line[0] != '{'));
        Environment.SetEnvironmentVariable(Index, "1");
        try
        {
            Assert.Equal(5, (int)Typed.Run("work", steps, "--shard", "/2", "--json").Result["rowsDone"]! + 1);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Index, null);
        }

        var worked = Typed.Run("work", steps);
        Assert.Equal(ExitCode.Success, worked.Code);
        Assert.Equal(["9 of 9 rows done, 0 of them not explained; 5 of 5 shards, 0 at work", $"Complete: merge it with 'iba merge {steps}'"], worked.Lines);
        var merged = Typed.Run("merge", steps, "--json");
        Assert.Equal((string)expected.Result["sha256"]!, (string)merged.Result["sha256"]!);
        Assert.False(File.Exists(Path.Combine(together, "report.html")));
        var status = Typed.Run("status", steps, "--json").Result;
        Assert.Equal((9, 0, true, true), ((int)status["rowsDone"]!, (int)status["failures"]!, (bool)status["isComplete"]!, (bool)status["isMerged"]!));
    }

    [Fact]
    public void Verify_says_whether_rows_have_the_same_bits()
    {
        string job = photographs["verified"];
        Typed.Run("explain", photographs.Folder, "--model", photographs.Zip, "--output", job, "--shard-rows", "4", "--no-report");

        var typed = Typed.Run("verify", job, "--sample", "4");

        Assert.Equal((ExitCode.Success, "4 rows computed again: the same bits"), (typed.Code, Assert.Single(typed.Lines)));
        // One that came out otherwise: its picture is another one now.
        string moved = photographs["moved"];
        PixelExplainer.WritePhotos(moved, [.. Photographs.Names.Reverse()]);
        Assert.Equal(ExitCode.Failure, Typed.Run("verify", job, "--sample", "9", "--source", moved).Code);
    }

    [Fact]
    public void A_report_is_written_of_what_is_done()
    {
        string job = photographs["half"], report = photographs["half.html"];
        Typed.Run("plan", photographs.Folder, "--model", photographs.Zip, "--output", job, "--shard-rows", "2");
        Typed.Run("work", job, "--shard", "0/2");

        var typed = Typed.Run("report", job, "--output", report, "--title", "Half of them");

        Assert.Equal($"5 rows: {report}", Assert.Single(typed.Lines));
        Assert.Contains("Half of them", File.ReadAllText(report), StringComparison.Ordinal);
    }

    // Another picture under the map would be a lie.
    [Fact]
    public void A_report_does_not_show_a_photograph_that_changed()
    {
        string job = photographs["changed"], folder = photographs["changing"];
        PixelExplainer.WritePhotos(folder, "a.png", "b.png");
        Typed.Run("explain", folder, "--model", photographs.Zip, "--output", job, "--no-report");
        PixelExplainer.Photo(7).Resize(40, 40).SavePng(Path.Combine(folder, "b.png"));

        Assert.Equal(ExitCode.Success, Typed.Run("report", job).Code);

        string report = File.ReadAllText(Path.Combine(job, "report.html"));
        Assert.Equal(1, report.Split("\"photograph\":").Length - 1);
        Assert.Contains("The photograph cannot be shown: The file changed since the plan was made: its size is another one.", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_says_what_things_are()
    {
        string job = photographs["known"];
        Typed.Run("plan", photographs.Folder, "--model", photographs.Zip, "--output", job);

        Assert.Equal((string?)"r", (string)Typed.Run("info", job, "--json").Result["plan"]!["layer"]!);
        var zip = Typed.Run("info", photographs.Zip, "--json").Result;
        Assert.Equal(("explainer", "bottleneck", 4, "r", 3), ((string)zip["kind"]!, (string)zip["method"]!, (int)zip["classes"]!, (string)zip["provenance"]!["layer"]!, (int)zip["provenance"]!["seed"]!));
        var network = Typed.Run("info", photographs.Network, "--json").Result;
        Assert.Equal(("network", "logits", "x"), ((string)network["kind"]!, (string)network["output"]!, (string)network["inputs"]![0]!["name"]!));
        Assert.Contains("Input x: Float32 [?, 3, 16, 16]", Typed.Run("info", photographs.Network).Lines);
    }

    [Fact]
    public void A_job_of_other_rows_is_refused_in_one_line()
    {
        string job = photographs["taken"];
        Typed.Run("plan", photographs.Folder, "--model", photographs.Zip, "--output", job);

        var typed = Typed.Run("plan", Path.Combine(photographs.Folder, "a.png"), "--model", photographs.Zip, "--output", job);

        Assert.Equal((ExitCode.Failure, 1), (typed.Code, typed.Error.Count(character => character == '\n')));
        Assert.Contains("holds another job", typed.Error, StringComparison.Ordinal);
    }
}
