using System.Globalization;
using System.Text.RegularExpressions;

namespace Iba.Packages.Tests;

/// <summary>The README's program, word for word, as a project of its own outside the repository.</summary>
[Collection(PackedFeedTests.Name)]
[Trait("Speed", "Slow")]
public class ReadmeTests(PackedFeed feed)
{
    [Fact]
    public void Its_twenty_lines_explain_photographs()
    {
        string folder = Path.Combine(feed.Root, "readme");
        string photos = Directory.CreateDirectory(Path.Combine(folder, "photos")).FullName;
        string assets = Path.Combine(PackedFeed.Repository, "samples", "assets");
        foreach (string photo in new[] { "dog.jpg", "panda.jpg", "koala.jpg" }) File.Copy(Path.Combine(assets, "photos", photo), Path.Combine(photos, photo));
        File.Copy(Path.Combine(assets, "efficientnet-lite0.onnx"), Path.Combine(folder, "efficientnet-lite0.onnx"));
        File.WriteAllText(Path.Combine(folder, "Program.cs"), Program());
        string project = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Consumer", "Consumer.csproj.txt"));
        File.WriteAllText(Path.Combine(folder, "Readme.csproj"), project);
        DotnetCommand.Run(folder, "build", "-c", "Release", "-o", "out", $"-p:IbaVersion={feed.Version}", $"-p:Libtorch={ConsumerTests.Libtorch()}");

        string output = DotnetCommand.Run(folder, Path.Combine("out", "Readme.dll"));

        string[] all = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        // Three photographs are few, and the program shows the warning.
        Assert.Contains(all, line => line.Contains("3 rows", StringComparison.Ordinal));
        string[] lines = [.. all.Where(line => line.EndsWith(" bits", StringComparison.Ordinal))];
        Assert.Equal(["dog.jpg", "koala.jpg", "panda.jpg"], lines.Select(line => line.Split(':')[0]).Order());
        Assert.All(lines, line => Assert.InRange(double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture), 100, 100_000));
        Assert.True(File.Exists(Path.Combine(folder, "explainer.zip")));
    }

    private static string Program()
        => Regex.Match(File.ReadAllText(Path.Combine(PackedFeed.Repository, "README.md")), "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
}
