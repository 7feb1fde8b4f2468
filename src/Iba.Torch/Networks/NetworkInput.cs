using TorchSharp;

namespace Iba.Torch;

/// <summary>One input of a <see cref="Network"/>.</summary>
/// <param name="Name">The input's name in the network.</param>
/// <param name="ElementType">The element type that the network expects, for example <c>Float32</c> for pixels or <c>Int64</c> for token ids.</param>
/// <param name="Shape">The dimensions, batch first; -1 where the network leaves a dimension open; empty where it declares none.</param>
public sealed record NetworkInput(string Name, torch.ScalarType ElementType, IReadOnlyList<long> Shape);
