using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A place where a module network can be cut: one call of one module within a forward pass.</summary>
/// <param name="Info">What users see of it.</param>
/// <param name="Module">The module.</param>
/// <param name="Call">Which of the module's calls in one forward pass is meant, from 1.</param>
/// <param name="Called">The number of modules that have been called when the layer's output is there.</param>
internal sealed record ModuleLayer(LayerInfo Info, nn.Module<Tensor, Tensor> Module, int Call, int Called)
{
    /// <summary>Runs the network with <paramref name="replace"/> in place of the layer's output.</summary>
    /// <exception cref="InvalidOperationException">The forward pass did not come to the layer.</exception>
    public Tensor Run(Func<Tensor, Tensor> forward, Tensor input, Func<Tensor, Tensor> replace)
    {
        int calls = 0;
        var output = ModulePass.Run(
            () => forward(input), (module, _, result) => ReferenceEquals(module, Module) && ++calls == Call ? replace(result) : result);
        return calls >= Call
            ? output
            : throw new InvalidOperationException($"The forward pass did not come to layer '{Info.Name}' for this input: cut elsewhere.");
    }
}
