namespace Iba.Torch;

/// <summary>A place where a <see cref="Network"/> can be cut.</summary>
/// <param name="Name">The layer's name: a tensor of the ONNX graph, a module's path, or a child of a TorchScript file.</param>
/// <param name="Shape">
/// The shape of the layer's output, batch first, for example <c>[1, C, H, W]</c>; -1 where it varies with the input.
/// </param>
/// <param name="AfterRelu">Whether the layer is the output of a ReLU, so that its values are never negative.</param>
/// <param name="CostShare">The share (0..1) of the forward pass's multiplications that lies before the layer, that is in the head.</param>
public sealed record LayerInfo(string Name, IReadOnlyList<long> Shape, bool AfterRelu, double CostShare);
