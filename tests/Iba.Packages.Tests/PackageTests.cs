using System.IO.Compression;
using System.Xml.Linq;

namespace Iba.Packages.Tests;

[Collection(PackedFeedTests.Name)]
[Trait("Speed", "Slow")]
public class PackageTests(PackedFeed feed)
{
    [Theory]
    [InlineData("Iba.Torch")]
    [InlineData("Iba.Onnx")]
    [InlineData("Iba.Reports")]
    [InlineData("Iba.MLNet")]
    [InlineData("Iba.MLNet.TorchSharp")]
    [InlineData("Iba.Jobs")]
    [InlineData("Iba.Hosting")]
    [InlineData("Iba.Orleans")]
    public void A_package_has_readme_licence_documentation_and_symbols(string package)
    {
        using var file = ZipFile.OpenRead(feed.FileOf(package));
        string[] entries = [.. file.Entries.Select(entry => entry.FullName)];
        using var symbols = ZipFile.OpenRead(Path.ChangeExtension(feed.FileOf(package), ".snupkg"));

        Assert.Contains("README.md", entries);
        Assert.Contains("LICENSE", entries);
        Assert.Contains($"lib/net10.0/{package}.dll", entries);
        Assert.Contains($"lib/net10.0/{package}.xml", entries);
        Assert.Contains(symbols.Entries, entry => entry.FullName == $"lib/net10.0/{package}.pdb");
        var metadata = Metadata(file);
        Assert.Equal("MIT", Child(metadata, "license").Value);
        Assert.Equal("README.md", Child(metadata, "readme").Value);
        Assert.Equal("icon.png", Child(metadata, "icon").Value);
        Assert.Contains("icon.png", entries);
        // Outside of the repository a link is absolute, or words alone.
        using var readme = new StreamReader(file.GetEntry("README.md")!.Open());
        Assert.DoesNotMatch(@"\]\((?![a-z]+:|#)", readme.ReadToEnd());
        Assert.NotEqual("Package Description", Child(metadata, "description").Value);
    }

    [Fact]
    public void The_component_accepts_every_version_5_of_MLNet_from_5_0_1_on()
    {
        var dependencies = Dependencies("Iba.MLNet");

        Assert.Equal("[5.0.1, 6.0.0)", dependencies["Microsoft.ML"]);
        Assert.Contains("Iba.Onnx", dependencies.Keys);
        Assert.DoesNotContain(dependencies.Keys, id => id.StartsWith("libtorch", StringComparison.OrdinalIgnoreCase)); // The application's choice.
    }

    [Fact]
    public void Reports_need_the_method_alone_and_nobody_needs_reports()
    {
        Assert.Equal(["Iba.Torch"], Dependencies("Iba.Reports").Keys.Where(id => id.StartsWith("Iba.", StringComparison.Ordinal)));
        Assert.DoesNotContain("Iba.Reports", Dependencies("Iba.MLNet").Keys);
    }

    [Fact]
    public void Jobs_need_the_component_and_bring_Parquet_along()
    {
        var dependencies = Dependencies("Iba.Jobs");

        Assert.Contains("Iba.MLNet", dependencies.Keys);
        Assert.Contains("ParquetSharp", dependencies.Keys);
        Assert.DoesNotContain("ParquetSharp", Dependencies("Iba.MLNet").Keys);
    }

    [Fact]
    public void The_fonts_of_figures_come_with_their_licence()
    {
        using var file = ZipFile.OpenRead(feed.FileOf("Iba.Reports"));

        Assert.NotNull(file.GetEntry("licenses/LICENSE-DejaVu.txt"));
    }

    [Fact]
    public void Iba_Torch_brings_the_mend_of_TorchSharp_into_its_users_builds()
    {
        using var file = ZipFile.OpenRead(feed.FileOf("Iba.Torch"));

        Assert.NotNull(file.GetEntry("buildTransitive/Iba.Torch.targets"));
        Assert.NotNull(file.GetEntry("buildTransitive/MendTorchSharp.cs"));
    }

    [Fact]
    public void Iba_MLNet_TorchSharp_brings_the_mend_of_another_vendors_assembly_and_nobody_needs_it()
    {
        using var file = ZipFile.OpenRead(feed.FileOf("Iba.MLNet.TorchSharp"));

        Assert.NotNull(file.GetEntry("buildTransitive/Iba.MLNet.TorchSharp.targets"));
        Assert.NotNull(file.GetEntry("buildTransitive/MendMicrosoftMLTorchSharp.cs"));
        Assert.Equal("[0.23.1, 0.24.0)", Dependencies("Iba.MLNet.TorchSharp")["Microsoft.ML.TorchSharp"]);
        Assert.DoesNotContain("Microsoft.ML.TorchSharp", Dependencies("Iba.MLNet").Keys);
    }

    [Theory]
    [InlineData("cpu", "libtorch-cpu-", "TorchSharp-cuda-")]
    [InlineData("cuda", "TorchSharp-cuda-", "libtorch-cpu-")]
    public void The_backend_of_what_runs_is_chosen_by_a_property(string backend, string expected, string other)
    {
        string project = Path.Combine(PackedFeed.Repository, "tests", "Iba.Torch.Tests", "Iba.Torch.Tests.csproj");

        string items = DotnetCommand.Run(PackedFeed.Repository, "msbuild", project, "-getItem:PackageReference", $"-p:TorchBackend={backend}");

        Assert.Contains($"\"{expected}", items, StringComparison.Ordinal);
        Assert.DoesNotContain($"\"{other}", items, StringComparison.Ordinal);
    }

    private Dictionary<string, string> Dependencies(string package)
    {
        using var file = ZipFile.OpenRead(feed.FileOf(package));
        return Metadata(file).Descendants().Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);
    }

    private static XElement Metadata(ZipArchive package)
    {
        using var stream = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return Child(XDocument.Load(stream).Root!, "metadata");
    }

    private static XElement Child(XElement parent, string name) => parent.Elements().Single(element => element.Name.LocalName == name);
}
