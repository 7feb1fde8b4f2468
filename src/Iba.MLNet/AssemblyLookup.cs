using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Iba.MLNet;

/// <summary>
/// ML.NET finds the assembly that a model file names by its name alone, which fails in notebooks: those load assemblies out of packages, where the runtime
/// does not look. The assembly that asks for itself is here.
/// </summary>
internal static class AssemblyLookup
{
    private static readonly Assembly Own = typeof(AssemblyLookup).Assembly;

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must be there before a model file is read, and whoever reads one need not call us before.")]
    internal static void Begin() => AppDomain.CurrentDomain.AssemblyResolve += (_, asked) => Find(asked.Name);

    /// <summary>This assembly, if that is what a name asks for; null: it is another one's affair.</summary>
    public static Assembly? Find(string name) => new AssemblyName(name).Name == Own.GetName().Name ? Own : null;
}
