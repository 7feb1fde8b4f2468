using System.Reflection;

namespace Iba.Torch;

/// <summary>Checks factory types, names them in files and finds them again.</summary>
internal static class ModuleFactories
{
    /// <summary>How to write a factory, for error messages.</summary>
    public const string Advice =
        "Write a public class with a public constructor without parameters that implements Iba.Torch.IModuleFactory";

    /// <summary>Why a type cannot serve as a factory, or null when it can.</summary>
    public static string? Objection(Type type)
    {
        if (!typeof(IModuleFactory).IsAssignableFrom(type)) return $"it does not implement {nameof(IModuleFactory)}";
        if (!type.IsVisible) return "it is not public";
        if (type.IsGenericType) return "it is generic";
        if (type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is null) return "it has no public constructor without parameters";
        return null;
    }

    /// <summary>Makes a factory of a type without <see cref="Objection"/>.</summary>
    public static IModuleFactory Make(Type type) => (IModuleFactory)Activator.CreateInstance(type)!;

    /// <summary>
    /// Finds the factory that a file names. Only assemblies that are loaded or belong to the application are looked at, by their simple
    /// name: a file cannot name a path.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no such type here, or it is no factory.</exception>
    public static Type Find(string assemblyName, string typeName)
    {
        string what = $"The network was saved with the factory '{typeName}' of the assembly '{assemblyName}'";
        var assembly = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(loaded => loaded.GetName().Name == assemblyName) ?? Load(assemblyName)
            ?? throw new InvalidOperationException($"{what}, but this application has no such assembly: reference it.");
        var type = assembly.GetType(typeName, throwOnError: false)
            ?? throw new InvalidOperationException($"{what}, but that assembly has no such type (any more): restore it, or save the network again.");
        if (Objection(type) is { } objection) throw new InvalidOperationException($"{what}, but {objection}. {Advice}.");
        return type;
    }

    private static Assembly? Load(string simpleName)
    {
        try
        {
            return Assembly.Load(new AssemblyName { Name = simpleName });
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException)
        {
            return null; // Not found, or no assembly: the caller says so.
        }
    }
}
