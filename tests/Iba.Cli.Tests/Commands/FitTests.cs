using Iba.Jobs;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using ParquetSharp;

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

    [Theory]
    [InlineData("paper", IbaPreset.Paper)]
    [InlineData("fast", IbaPreset.Fast)]
    [InlineData("draft", IbaPreset.Draft)]
    public void A_preset_is_saved(string typed, IbaPreset preset)
    {
        string zip = photographs[$"{typed}.zip"];

        Typed.Run(["fit", photographs.Folder, .. Network, "--preset", typed, "--output", zip]);

        using var explainer = (IbaTransformer)new MLContext(seed: 0).Model.Load(zip, out _);
        Assert.Equal($"{preset}", explainer.Provenance.Options.Select(option => option.Split(" = ")).Where(parts => parts[0] == "Preset").Select(parts => parts[1]).SingleOrDefault("Paper"));
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
    public void Parts_of_a_table_merge_to_an_explainer_of_such_tables()
    {
        string table = photographs["rows.parquet"], merged = photographs["merged table.zip"];
        var rows = Iba.Jobs.Tests.PixelExplainer.Vectors(12);
        using (var writer = new ParquetFileWriter(table, [new Column<float[]>("Values")]))
        {
            using var group = writer.AppendRowGroup();
            using (var values = group.NextColumn().LogicalWriter<float[]>()) values.WriteBatch([.. rows.Select(row => row.Values)]);
            writer.Close();
        }

        string[] network = ["--network", photographs.Network, "--layer", "r"], parts = [photographs["table part 0"], photographs["table part 1"]];
        for (int i = 0; i < parts.Length; i++) Assert.Equal(ExitCode.Success, Typed.Run(["fit", table, .. network, "--column", "Values", "--part", $"{i}/2", "--output", parts[i]]).Code);
        Assert.Equal(ExitCode.Success, Typed.Run(["fit", "--merge", .. parts, .. network, "--output", merged]).Code);
        Assert.Equal(ExitCode.Success, Typed.Run(["fit", table, .. network, "--column", "Values", "--output", photographs["whole table.zip"]]).Code);

        foreach (string zip in new[] { merged, photographs["whole table.zip"] }) Assert.Equal(ExitCode.Success, Typed.Run("explain", table, "--model", zip, "--output", zip + ".job", "--no-report").Code);
        float[][] maps = new[] { merged, photographs["whole table.zip"] }.Select(zip => IbaJob.Open(zip + ".job").Rows().SelectMany(row => row.Heatmap!).ToArray()).ToArray();
        Assert.Equal(12 * 16 * 16, maps[0].Length);
        Assert.All(maps[0].Zip(maps[1]), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
    }

    [Fact]
    public void Evaluate_finds_objects_in_boxes()
    {
        string csv = photographs["boxes.csv"];
        File.WriteAllLines(csv, ["file,left,top,width,height", "a.png,2,3,6,5", "a.png,10,10,4,4", "\"b c.png\",0,0,9,9"]);

        var typed = Typed.Run("evaluate", photographs.Folder, "--model", photographs.Zip, "--rows", "3", "--tile", "4", "--boxes", csv, "--json");

        Assert.Equal(ExitCode.Success, typed.Code);
        var ml = new MLContext();
        using var stream = File.OpenRead(photographs.Zip);
        using var explainer = IbaTransformer.Load(ml, stream);
        float[][] boxes = [[2, 3, 6, 5, 10, 10, 4, 4], [0, 0, 9, 9]];
        string[] names = [.. MeasuredRows.Evenly(Paths(), 3)];
        var rows = ml.Data.LoadFromEnumerable(names.Select(path => new BoxRow { Photo = path, Box = Path.GetFileName(path) switch { "a.png" => boxes[0], "b c.png" => boxes[1], _ => [] } }));
        var expected = ml.Model.EvaluateAttribution(explainer, explainer.Transform(rows), new AttributionEvaluationOptions { Tile = 4, BoxesColumnName = "Box" });
        var found = typed.Result["localization"]!;
        Assert.InRange(expected.TopShare.Rows, 1, 2);
        Assert.Equal(expected.TopShare.Value, (double)found["topShare"]!["value"]!, 1e-6);
        Assert.Equal(expected.MassShare.Value, (double)found["massShare"]!["value"]!, 1e-6);
        Assert.Equal(expected.Pointing.Value, (double)found["pointing"]!["value"]!, 1e-6);
        Assert.Equal(expected.AreaShare.Value, (double)found["areaShare"]!["value"]!, 1e-6);
        Assert.Equal(expected.CentredGaussianTopShare.Value, (double)found["centredGaussianTopShare"]!["value"]!, 1e-6);
        Assert.Contains("a spot in the middle gets", Typed.Run("evaluate", photographs.Folder, "--model", photographs.Zip, "--rows", "1", "--tile", "4", "--boxes", csv).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.png,1,2,3", "Line 1 of")]
    [InlineData("a.png,1,2,0,4", "width and height above 0")]
    [InlineData("unknown.png,1,2,3,4", "has no box of any of these pictures")]
    public void What_is_no_box_is_refused(string line, string expected)
    {
        File.WriteAllText(photographs["wrong.csv"], line);

        var typed = Typed.Run("evaluate", photographs.Folder, "--model", photographs.Zip, "--rows", "1", "--boxes", photographs["wrong.csv"]);

        Assert.Equal(ExitCode.Failure, typed.Code);
        Assert.Contains(expected, typed.Error, StringComparison.Ordinal);
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

    private sealed class BoxRow
    {
        public string Photo { get; set; } = "";

        public float[] Box { get; set; } = [];
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
