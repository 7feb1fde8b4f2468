using Iba.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Cli.Tests;

/// <summary>Networks to explainers.</summary>
public class FitTests(Photographs photographs) : IClassFixture<Photographs>
{
    private string[] Network => ["--network", photographs.Network, "--layer", "r", "--preprocessing", "raw"];

    [Fact]
    public void Parts_merge_to_what_all_of_it_gives()
    {
        string whole = photographs["whole.zip"], merged = photographs["merged.zip"];
        string[] parts = [photographs["part0"], photographs["part1"], photographs["part2"]];

        Assert.Equal(9, (int)Typed.Run(["fit", photographs.Folder, .. Network, "--output", whole, "--json"]).Result["measuredRows"]!);
        for (int i = 0; i < parts.Length; i++)
        {
            Assert.Equal(3, (int)Typed.Run(["fit", photographs.Folder, .. Network, "--part", $"{i}/3", "--output", parts[i], "--json"]).Result["measuredRows"]!);
        }

        Assert.Equal(9, (int)Typed.Run(["fit", "--merge", .. parts, .. Network, "--output", merged, "--json"]).Result["measuredRows"]!);
        Assert.All(Maps(whole).Zip(Maps(merged)), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
        // The merged one works in a job.
        Assert.Equal(ExitCode.Success, Typed.Run("explain", photographs.Folder, "--model", merged, "--output", photographs["job of merged"], "--no-report").Code);
    }

    [Fact]
    public void Few_rows_are_chosen_evenly()
        => Assert.Equal(["0", "3", "6"], MeasuredRows.Evenly([.. Enumerable.Range(0, 9).Select(i => $"{i}")], 3));

    [Fact]
    public void Parts_leave_nothing_out()
    {
        int[] all = [.. Enumerable.Range(0, 10)];

        Assert.Equal(all, Enumerable.Range(0, 4).SelectMany(i => MeasuredRows.Part(all, (i, 4))));
        Assert.All(Enumerable.Range(0, 4), i => Assert.InRange(MeasuredRows.Part(all, (i, 4)).Count(), 2, 3));
    }

    [Fact]
    public void A_part_of_another_layer_is_refused()
    {
        string part = photographs["other part"];
        Typed.Run(["fit", photographs.Folder, .. Network, "--part", "0/2", "--output", part]);

        var typed = Typed.Run("fit", "--merge", part, "--network", photographs.Network, "--layer", "c", "--preprocessing", "raw", "--output", photographs["never.zip"]);

        Assert.Equal(ExitCode.Failure, typed.Code);
        Assert.Contains("It was measured at layer 'r', the options name 'c'.", typed.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(photographs["never.zip"]));
    }

    [Fact]
    public void Layers_are_listed_with_the_one_that_fit_takes()
    {
        var typed = Typed.Run("layers", photographs.Network, "--json");
        var fit = Typed.Run("fit", photographs.Folder, "--network", photographs.Network, "--preprocessing", "raw", "--output", photographs["chosen.zip"], "--json");

        var layers = typed.Result["layers"]!.AsArray();
        Assert.Contains(layers, layer => (string)layer!["name"]! == "r" && (bool)layer["afterRelu"]! && layer["shape"]!.ToJsonString() == "[1,8,16,16]");
        Assert.Equal((string)fit.Result["layer"]!, (string)typed.Result["advised"]!);
        Assert.Contains("taken where none is named", Typed.Run("layers", photographs.Network).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_is_measured_and_explained()
    {
        string table = photographs["rows.idv"], zip = photographs["table.zip"];
        var data = new MLContext().Data.LoadFromEnumerable(Iba.Jobs.Tests.PixelExplainer.Vectors(12));
        using (var stream = File.Create(table)) new MLContext().Data.SaveAsBinary(data, stream);

        Assert.Equal(12, (int)Typed.Run("fit", table, "--network", photographs.Network, "--layer", "r", "--column", "Values", "--output", zip, "--json").Result["measuredRows"]!);
        Assert.Equal(ExitCode.Success, Typed.Run("explain", table, "--model", zip, "--output", photographs["job of table"]).Code);
    }

    [Fact]
    public void Evaluate_gives_what_the_library_gives()
    {
        var typed = Typed.Run("evaluate", photographs.Folder, "--model", photographs.Zip, "--rows", "3", "--tile", "4", "--json");

        Assert.Equal(ExitCode.Success, typed.Code);
        var ml = new MLContext();
        using var stream = File.OpenRead(photographs.Zip);
        using var explainer = IbaTransformer.Load(ml, stream);
        var rows = ml.Data.LoadFromEnumerable(MeasuredRows.Evenly(Paths(), 3).Select(path => new Iba.Jobs.Tests.PixelExplainer.PathRow { Photo = path }));
        var expected = ml.Model.EvaluateAttribution(explainer, explainer.Transform(rows), new AttributionEvaluationOptions { Tile = 4 });
        Assert.Equal((3, 0), ((int)typed.Result["rows"]!, (int)typed.Result["unjudged"]!));
        Assert.Equal(expected.InsertionArea.Value, (double)typed.Result["insertionArea"]!["value"]!, 1e-6);
        Assert.Equal(expected.DeletionArea.Lower, (double)typed.Result["deletionArea"]!["lower"]!, 1e-6);
    }

    private string[] Paths() => [.. Photographs.Names.Order(StringComparer.Ordinal).Select(name => Path.Combine(photographs.Folder, name))];

    private float[] Maps(string zip)
    {
        var ml = new MLContext();
        using var stream = File.OpenRead(zip);
        using var explainer = IbaTransformer.Load(ml, stream);
        var rows = ml.Data.LoadFromEnumerable(Paths().Select(path => new MeasuredRows.PathRow { Path = path }));
        return [.. explainer.Transform(rows).GetColumn<float[]>("Bits").SelectMany(map => map)];
    }
}
