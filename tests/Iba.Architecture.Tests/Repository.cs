using System.Reflection;

namespace Iba.Architecture.Tests;

/// <summary>Where this repository lies, and the assemblies that its code is compiled against.</summary>
internal static class Repository
{
    /// <summary>The folder of the repository.</summary>
    public static string Root { get; } = Metadata("Repository");

    /// <summary>Where the build puts what it generates, from a project's folder: <c>obj/Debug/net10.0</c>.</summary>
    public static string BuildOutput { get; } = Metadata("BuildOutput");

    /// <summary>The framework's assemblies, the packages' and ours, without this one.</summary>
    public static IReadOnlyList<string> Assemblies { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .DistinctBy(Path.GetFileName) // The host lists the core library twice.
            .Where(file => Path.GetFileNameWithoutExtension(file) != typeof(Repository).Assembly.GetName().Name),
    ];

    private static string Metadata(string key)
        => typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;
}
