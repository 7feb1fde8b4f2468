namespace Iba.Packages.Tests;

/// <summary>A fresh console project outside the repository, which uses Microsoft.ML.TorchSharp beside our package for it.</summary>
[Collection(PackedFeedTests.Name)]
[Trait("Speed", "Slow")]
public class TextConsumerTests(PackedFeed feed)
{
    private const string Warning = "IBA1001";
    private const string All = "142";
    private const string WithoutTheDisposed = "60";

    [Fact]
    public void With_the_property_networks_keep_their_weights()
    {
        var (program, built) = Build("mended", "-p:MendMicrosoftMLTorchSharp=true");

        Assert.DoesNotContain(Warning, built);
        Assert.Equal(All, DotnetCommand.Run(feed.Root, program).Trim());
    }

    [Theory]
    [InlineData("unmended", "")]
    [InlineData("declined", "false")]
    public void Without_it_the_build_says_what_breaks_unless_that_is_wanted(string name, string property)
    {
        var (program, built) = Build(name, $"-p:MendMicrosoftMLTorchSharp={property}");

        Assert.Equal(property == "", built.Contains($"warning {Warning}: Microsoft.ML.TorchSharp 0.23.1", StringComparison.Ordinal));
        Assert.Equal(WithoutTheDisposed, DotnetCommand.Run(feed.Root, program).Trim());
    }

    /// <summary>Builds the one project, as who adds the property does it, into a folder for each setting.</summary>
    private (string Program, string Output) Build(string name, string property)
    {
        string folder = Path.Combine(feed.Root, "text");
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            string source = Path.Combine(AppContext.BaseDirectory, "Consumer");
            // Warnings are looked at here, not made errors.
            string project = File.ReadAllText(Path.Combine(source, "Consumer.csproj.txt")).Replace("\"Iba.MLNet\"", "\"Iba.MLNet.TorchSharp\"", StringComparison.Ordinal)
                .Replace("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", "", StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(folder, "Consumer.csproj"), project);
            File.Copy(Path.Combine(source, "TextProgram.cs.txt"), Path.Combine(folder, "Program.cs"));
        }

        string output = DotnetCommand.Run(folder, "build", "-c", "Release", "-o", name, $"-p:IbaVersion={feed.Version}", $"-p:Libtorch={ConsumerTests.Libtorch()}", property);
        return (Path.Combine(folder, name, "Consumer.dll"), output);
    }
}
