using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>
/// This library's packages that register readers of models when they are loaded. An application that uses none of their types would never load
/// them. The names are written here, and never taken out of a file.
/// </summary>
internal static class OptionalPackages
{
    private static readonly Lazy<bool> Loaded = new(LoadAll);

    /// <summary>The packages, by the names of their assemblies.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Iba.MLNet.TorchSharp"];

    /// <summary>Loads those that the application references, once.</summary>
    public static void EnsureLoaded() => _ = Loaded.Value;

    /// <summary>Which package reads steps that nothing else reads, with a space behind it; empty: none, or it is there.</summary>
    public static string Advice(IEnumerable<ITransformer> steps)
    {
        string[] loaded = [.. AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name ?? "")];
        string[] makers = [.. steps.Select(step => step.GetType().Assembly.GetName().Name ?? "")];
        // Iba.MLNet.X reads the models of Microsoft.ML.X.
        string? needed = Names.FirstOrDefault(name => !loaded.Contains(name) && makers.Contains(name.Replace("Iba.MLNet", "Microsoft.ML", StringComparison.Ordinal)));
        return needed == null ? "" : $"The package {needed} reads such models: reference it in the application. ";
    }

    private static bool LoadAll()
    {
        foreach (string name in Names) TryLoad(name);
        return true;
    }

    private static void TryLoad(string name)
    {
        try
        {
            RuntimeHelpers.RunModuleConstructor(Assembly.Load(new AssemblyName(name)).ManifestModule.ModuleHandle);
        }
        catch (FileNotFoundException)
        {
            // The application does not reference it.
        }
    }
}
