using System.Reflection;
using Iba.Torch;
using ParquetSharp;

namespace Iba.Jobs;

/// <summary>The versions that a result's bytes depend on, and what the tail is computed in.</summary>
internal static class JobVersions
{
    /// <summary>This library's, with the commit that it was built of.</summary>
    public static string Library { get; } = Of(typeof(JobVersions));

    /// <summary>That of the library that writes Parquet files.</summary>
    public static string Parquet { get; } = Of(typeof(ParquetFileWriter));

    /// <summary>What differs between a plan and this process, in words; null: nothing.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="torch">The version of libtorch here.</param>
    /// <param name="computedIn">What the tail is computed in here.</param>
    public static string? Difference(JobPlan plan, string torch, TailPrecision computedIn) => string.Join(", ", new[]
    {
        (Name: "Iba.Jobs", Plan: plan.LibraryVersion, Here: Library), (Name: "libtorch", Plan: plan.TorchVersion, Here: torch),
        (Name: "ParquetSharp", Plan: plan.ParquetVersion, Here: Parquet),
        (Name: "the tail's precision", Plan: plan.TailPrecision ?? nameof(TailPrecision.Float32), Here: computedIn.ToString()),
    }.Where(version => version.Plan != version.Here).Select(version => $"{version.Name} {version.Plan} in the plan and {version.Here} here")) is { Length: > 0 } text ? text : null;

    private static string Of(Type type) => type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? type.Assembly.GetName().Version!.ToString();
}
