using System.Diagnostics;
using System.IO.Compression;

namespace Iba.Packages.Tests;

/// <summary>The tool, packed, installed from a folder and used.</summary>
[Trait("Speed", "Slow")]
public sealed class ToolTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("iba-tool-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void It_is_installed_from_a_folder_and_explains_a_photograph()
    {
        string feed = Path.Combine(_root, "feed"), tools = Path.Combine(_root, "tools");
        DotnetCommand.Run(
            PackedFeed.Repository, "pack", Path.Combine(PackedFeed.Repository, "src", "Iba.Cli", "Iba.Cli.csproj"), "--no-build", "-c", PackedFeed.BuildConfiguration, "-o", feed);
        using (var package = ZipFile.OpenRead(Assert.Single(Directory.GetFiles(feed, "Iba.Cli.*.nupkg"))))
        {
            Assert.Contains(package.Entries, entry => entry.FullName.EndsWith("network/efficientnet-lite0.measurement", StringComparison.Ordinal));
            foreach (string file in new[] { "network/SOURCES.md", "network/LICENSE-Apache-2.0.txt" }) Assert.Contains(package.Entries, entry => entry.FullName.EndsWith(file, StringComparison.Ordinal));
        }

        File.WriteAllText(Path.Combine(_root, "NuGet.config"), """<configuration><packageSources><clear /><add key="feed" value="feed" /></packageSources></configuration>""");
        File.Copy(Path.Combine(PackedFeed.Repository, "samples", "assets", "photos", "dog.jpg"), Path.Combine(_root, "photo.jpg"));
        DotnetCommand.Run(_root, "tool", "install", "Iba.Cli", "--tool-path", tools, "--configfile", Path.Combine(_root, "NuGet.config"));

        Assert.StartsWith("photo.jpg: German shepherd, probability 0.9", Iba(tools, "explain", "photo.jpg"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_root, "photo.bits.png")));
        // A data set is computed in a second process, which the tool has to find.
        Directory.CreateDirectory(Path.Combine(_root, "photos"));
        File.Copy(Path.Combine(_root, "photo.jpg"), Path.Combine(_root, "photos", "dog.jpg"));
        Assert.StartsWith("1 rows, 0 of them not explained", Iba(tools, "explain", "photos"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_root, "photos.job", "report.html")));
    }

    private string Iba(string tools, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(tools, OperatingSystem.IsWindows() ? "iba.exe" : "iba"), arguments) { WorkingDirectory = _root, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
