using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Builds a TorchSharp module, so that a saved <see cref="ModuleNetwork"/> can be loaded: a module's code is not in the file, its
/// weights are. Implemented by a public class with a public constructor without parameters, in the application that loads.
/// </summary>
public interface IModuleFactory
{
    /// <summary>Makes the module with any weights: the saved ones are loaded into it.</summary>
    /// <returns>A new module, always of the same structure.</returns>
    nn.Module<Tensor, Tensor> Create();
}
