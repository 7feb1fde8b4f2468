using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What one forward pass shows of a module.</summary>
/// <param name="Layers">The places where it can be cut, in the order of computation.</param>
/// <param name="Calls">The modules that turn one tensor into one tensor, in the order of their first calls.</param>
internal sealed record ModuleTrace(IReadOnlyList<ModuleLayer> Layers, IReadOnlyList<nn.Module> Calls);
