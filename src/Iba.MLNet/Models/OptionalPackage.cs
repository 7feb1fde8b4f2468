using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// The package of ours that reads Microsoft.ML.TorchSharp's models. It registers itself when it is loaded, but nothing in a program that only
/// references it would load it.
/// </summary>
internal static class OptionalPackage
{
    private const string Name = "Iba.MLNet.TorchSharp", Read = "Microsoft.ML.TorchSharp";

    /// <summary>Loads the package where a model has steps that it reads.</summary>
    /// <exception cref="ArgumentException">The application does not reference it.</exception>
    public static void LoadFor(IExceptionContext context, IEnumerable<ITransformer> steps)
    {
        if (steps.FirstOrDefault(step => step.GetType().Assembly.GetName().Name == Read) is not { } found) return;
        try
        {
            RuntimeHelpers.RunModuleConstructor(Assembly.Load(Name).ManifestModule.ModuleHandle);
        }
        catch (FileNotFoundException)
        {
            throw context.ExceptUserArg(
                nameof(AttributionOptions.Model),
                $"The model has a step of {Read} ({found.GetType().Name}), which the package {Name} can read: reference it in the application (dotnet add package {Name}).");
        }
    }
}
