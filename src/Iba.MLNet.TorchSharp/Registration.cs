using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Iba.MLNet.TorchSharp;

/// <summary>Makes the package known to <see cref="ModelClassifiers"/>, which loads it where a model has a step of Microsoft.ML.TorchSharp.</summary>
internal static class Registration
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Nobody has to name a type of the package: referencing it is enough.")]
    internal static void Register() => ModelClassifiers.Register("TextClassification (Microsoft.ML.TorchSharp)", TextClassificationReader.Read);
}
