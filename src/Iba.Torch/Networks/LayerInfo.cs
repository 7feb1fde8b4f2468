using System.Globalization;

namespace Iba.Torch;

/// <summary>A place where a <see cref="Network"/> can be cut.</summary>
/// <param name="Name">The layer's name: a tensor of the ONNX graph, a module's path, or a child of a TorchScript file.</param>
/// <param name="Shape">
/// The shape of the layer's output, batch first, for example <c>[1, C, H, W]</c>; -1 where it varies with the input.
/// </param>
/// <param name="AfterRelu">Whether the layer is the output of a ReLU, so that its values are never negative.</param>
/// <param name="CostShare">The share (0..1) of the forward pass's multiplications that lies before the layer, that is in the head.</param>
public sealed record LayerInfo(string Name, IReadOnlyList<long> Shape, bool AfterRelu, double CostShare)
{
    /// <summary>One line to read, for example <c>blocks.4 [1, 40, 28, 28], after a ReLU, 37 % of the work before it</c>; -1 in a shape is written "any".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name} [{string.Join(", ", Shape.Select(size => size < 0 ? "any" : size.ToString(CultureInfo.InvariantCulture)))}]{(AfterRelu ? ", after a ReLU" : "")}, {100 * CostShare:F0} % of the work before it");
}
