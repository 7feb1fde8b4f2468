using System.Reflection;

namespace Iba.Packages.Tests;

/// <summary>The packages in a folder feed, and a folder outside the repository that restores from it; made once for all tests.</summary>
public sealed class PackedFeed : IDisposable
{
    private static readonly string[] Projects = ["Iba.Torch", "Iba.Onnx", "Iba.Reports", "Iba.MLNet", "Iba.MLNet.TorchSharp", "Iba.Jobs", "Iba.Orleans", "Iba.Hosting"];

    public PackedFeed()
    {
        Root = Directory.CreateTempSubdirectory("iba-packages-").FullName;
        Feed = Path.Combine(Root, "feed");
        Pack();
        File.WriteAllText(Path.Combine(Root, "NuGet.config"), Configuration());
    }

    /// <summary>The repository's folder.</summary>
    public static string Repository => Metadata("Repository");

    /// <summary>The configuration that was built.</summary>
    public static string BuildConfiguration => Metadata("Configuration");

    /// <summary>Where the user's packages are unpacked.</summary>
    public static string Cache { get; } = DotnetCommand.Run(Repository, "nuget", "locals", "global-packages", "--list").Split("global-packages:")[1].Trim();

    /// <summary>The folder outside the repository.</summary>
    public string Root { get; }

    /// <summary>The folder feed.</summary>
    public string Feed { get; }

    /// <summary>The version of the packages, as their files say.</summary>
    public string Version => Path.GetFileNameWithoutExtension(FileOf("Iba.MLNet")).Replace("Iba.MLNet.", "", StringComparison.Ordinal);

    /// <summary>A package's file.</summary>
    public string FileOf(string package) => Assert.Single(Directory.GetFiles(Feed, package + ".*.nupkg"), file => char.IsAsciiDigit(Path.GetFileName(file)[package.Length + 1]));

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>What <c>dotnet pack --no-build</c> does, for all projects in one process.</summary>
    private void Pack()
    {
        string all = Path.Combine(Root, "pack.proj");
        string projects = string.Join(';', Projects.Select(project => Path.Combine(Repository, "src", project, project + ".csproj")));
        File.WriteAllText(all, $"""
            <Project>
              <Target Name="Pack">
                <MSBuild Projects="{projects}" Targets="Pack" Properties="NoBuild=true;_IsPacking=true;Configuration={BuildConfiguration};PackageOutputPath={Feed}" />
              </Target>
            </Project>
            """);
        DotnetCommand.Run(Repository, "msbuild", all, "-target:Pack");
    }

    /// <summary>
    /// Adds the feed to the sources of the machine. Ours are unpacked into a folder of the test's own, so that none of an earlier run is
    /// found; what is in the user's cache already is used from there.
    /// </summary>
    private static string Configuration()
    {
        return $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSources><add key="iba" value="feed" /></packageSources>
              <fallbackPackageFolders><add key="cache" value="{Cache}" /></fallbackPackageFolders>
            </configuration>
            """;
    }

    private static string Metadata(string key)
        => typeof(PackedFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;
}
