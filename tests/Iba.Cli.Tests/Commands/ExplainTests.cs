using Iba.Jobs;
using Iba.Jobs.Tests;
using Iba.Torch;

namespace Iba.Cli.Tests;

public class ExplainTests(Photographs photographs) : IClassFixture<Photographs>
{
    [Fact]
    public void A_photograph_is_told_and_drawn()
    {
        string photo = Path.Combine(photographs.Folder, "a.png"), pictures = photographs["pictures"];

        var typed = Typed.Run("explain", photo, "--model", photographs.Zip, "--pictures", pictures);

        Assert.Equal((ExitCode.Success, ""), (typed.Code, typed.Error));
        var row = Row(photographs["told"], photo);
        Assert.Equal([$"{photo}: {row.TargetName}, probability {row.Probability:F2}, {row.Bits:N0} bits: {Path.Combine(pictures, "a.bits.png")}"], typed.Lines);
        var picture = RgbImage.Load(Path.Combine(pictures, "a.bits.png"));
        Assert.InRange(picture.Height, 448, 600);
    }

    [Fact]
    public void Machines_get_a_row_for_each_photograph_and_pictures_of_one_name_stay_apart()
    {
        string first = Path.Combine(photographs.Folder, "a.png"), second = Path.Combine(photographs["other"], "a.png"), pictures = photographs["pictures of two"];
        PixelExplainer.WritePhotos(photographs["other"], "x.png", "a.png");

        var typed = Typed.Run("explain", first, second, "--model", photographs.Zip, "--pictures", pictures, "--json");

        var row = Row(photographs["event"], first);
        var rows = typed.Events("row");
        Assert.Equal([first, second], rows.Select(told => (string)told["uri"]!));
        Assert.Equal(["a.2.bits.png", "a.bits.png"], Directory.GetFiles(pictures).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal((row.Target, row.TargetName, row.Probability, row.Bits), ((int)rows[0]["target"]!, (string)rows[0]["targetName"]!, (float)rows[0]["probability"]!, (float)rows[0]["bits"]!));
        Assert.Equal((2, 0), ((int)typed.Result["rows"]!, (int)typed.Result["failures"]!));
    }

    [Theory]
    [InlineData(ExitCode.Failure, "broken.png")]
    [InlineData(ExitCode.SomeRowsFailed, "broken.png", "photos/a.png")]
    public void A_photograph_that_is_none_is_said(int expected, params string[] files)
    {
        File.WriteAllText(photographs["broken.png"], "no picture");

        var typed = Typed.Run(["explain", .. files.Select(file => photographs[file]), "--model", photographs.Zip, "--pictures", photographs["pictures of broken"]]);

        Assert.Equal(expected, typed.Code);
        Assert.Contains("broken.png: ", typed.Lines[0], StringComparison.Ordinal);
        Assert.Equal(files.Length, typed.Lines.Length);
    }

    [Fact]
    public void A_folder_becomes_a_job_with_result_and_report_once()
    {
        string job = photographs["job"];

        var typed = Typed.Run("explain", photographs.Folder, "--model", photographs.Zip, "--output", job, "--shard-rows", "2");

        Assert.Equal(ExitCode.Success, typed.Code);
        Assert.Equal($"9 rows, 0 of them not explained: {Path.Combine(job, "result.parquet")}", typed.Lines[0]);
        Assert.Equal(Photographs.Names.Order(StringComparer.Ordinal), IbaJob.Open(job).Rows().Select(row => row.Uri));
        string report = File.ReadAllText(Path.Combine(job, "report.html"));
        Assert.All(Photographs.Names.Where(name => !name.Contains('/', StringComparison.Ordinal)), name => Assert.Contains(name, report, StringComparison.Ordinal));
        Assert.Contains(IbaJob.Open(job).Details.Id, report, StringComparison.Ordinal);
        // Again: the same, and nothing is computed.
        var times = Directory.GetFiles(Path.Combine(job, "shards"), "*", SearchOption.AllDirectories).Select(File.GetLastWriteTimeUtc).ToArray();
        Assert.Equal(typed.Output, Typed.Run("explain", photographs.Folder, "--model", photographs.Zip, "--output", job, "--shard-rows", "2").Output);
        Assert.Equal(times, Directory.GetFiles(Path.Combine(job, "shards"), "*", SearchOption.AllDirectories).Select(File.GetLastWriteTimeUtc));
    }

    [Fact]
    public void Rows_that_failed_are_counted_and_too_many_end_it()
    {
        string list = photographs["list.txt"];
        File.WriteAllText(photographs["broken.png"], "no picture");
        File.WriteAllLines(list, [Path.Combine(photographs.Folder, "a.png") + "\tdog", photographs["broken.png"], Path.Combine(photographs.Folder, "e.png") + "\tbird"]);

        var typed = Typed.Run("explain", list, "--model", photographs.Zip, "--output", photographs["job of list"], "--json");
        var ended = Typed.Run("explain", list, "--model", photographs.Zip, "--output", photographs["job of few"], "--max-failures", "0");

        Assert.Equal((ExitCode.SomeRowsFailed, 3, 1), (typed.Code, (int)typed.Result["rows"]!, (int)typed.Result["failures"]!));
        Assert.Equal(["dog", null, "bird"], IbaJob.Open(photographs["job of list"]).Rows().Select(row => row.TargetName));
        Assert.Equal(ExitCode.Failure, ended.Code);
        Assert.Contains("1 rows failed, more than MaximumFailures (0) allows", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_is_measured_on_the_same_data_and_that_is_said()
    {
        var typed = Typed.Run(
            "explain", photographs.Folder, "--network", photographs.Network, "--layer", "r", "--preprocessing", "raw", "--classes", photographs.Classes, "--beta", "0.5", "--preset", "fast", "--output", photographs["job of network"]);

        Assert.Equal(ExitCode.Success, typed.Code);
        Assert.Contains("Layer 'r' was measured on 9 rows of the same data, since there is no --model.", typed.Error, StringComparison.Ordinal);
        var plan = IbaJob.Open(photographs["job of network"]).Details;
        Assert.Equal((9, "r"), (plan.MeasuredRows, plan.Layer));
        Assert.Superset(new HashSet<string> { "Beta = 0.5", "Preset = Fast", "Noise = Paired" }, plan.Options.ToHashSet());
        Assert.Equal(PixelExplainer.Classes, plan.ClassNames);
    }

    [Theory]
    [InlineData("a.png", "--shard-rows 4", "--shard-rows belongs to a job: add --output JOB.")]
    [InlineData("a.png", "--no-report", "--no-report belongs to a job")]
    [InlineData("", "--pictures x", "--pictures belongs to photographs that make no job")]
    public void Options_without_an_effect_are_refused(string input, string options, string expected)
    {
        var typed = Typed.Run(["explain", Path.Combine(photographs.Folder, input), "--model", photographs.Zip, .. options.Split(' ')]);

        Assert.Equal(ExitCode.Usage, typed.Code);
        Assert.Contains(expected, typed.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model x.zip --beta 1", "--beta belongs to a network")]
    [InlineData("--model x.zip --preset fast", "--preset belongs to a network")]
    [InlineData("--layer r", "--layer needs a network")]
    [InlineData("--network NETWORK", "does not say how pictures become numbers: add --preprocessing")]
    public void Options_that_do_not_go_together_are_refused(string options, string expected)
    {
        var typed = Typed.Run(["explain", photographs.Folder, .. options.Replace("NETWORK", photographs.Network, StringComparison.Ordinal).Split(' ')]);

        Assert.Equal(ExitCode.Usage, typed.Code);
        Assert.Contains(expected, typed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Quiet_says_nothing()
    {
        var typed = Typed.Run("explain", Path.Combine(photographs.Folder, "a.png"), "--model", photographs.Zip, "--pictures", photographs["pictures of quiet"], "--quiet");

        Assert.Equal(new Typed(ExitCode.Success, "", ""), typed);
    }

    [Fact]
    public void Without_a_model_the_tools_own_network_names_a_photograph()
    {
        var typed = Typed.Run("explain", Path.Combine(AppContext.BaseDirectory, "dog.jpg"), "--pictures", photographs["pictures of dog"]);

        Assert.Equal(ExitCode.Success, typed.Code);
        Assert.Contains("German shepherd, probability 0.9", typed.Output, StringComparison.Ordinal);
        Assert.Contains("EfficientNet-Lite0, a classifier for ImageNet's 1000 classes (Apache License 2.0)", typed.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(photographs["pictures of dog"], "dog.bits.png")));
    }

    /// <summary>What the library finds for one photograph.</summary>
    private JobRow Row(string job, string photo)
    {
        IbaJob.Run(job, new JobOptions { Model = photographs.Zip, Source = JobSource.Files([photo]), MapSize = MLNet.MapSize.Input });
        return IbaJob.Open(job).Rows().Single();
    }
}
