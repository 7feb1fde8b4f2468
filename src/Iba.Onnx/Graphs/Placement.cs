using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// Brings a node's inputs onto one device. Weights and data lie on the network's device, integer constants and what is computed
/// from shapes on the CPU, where reading them back costs nothing; they meet at the node that needs both.
/// </summary>
internal static class Placement
{
    /// <summary>Moves inputs to the accelerator where one of them lies there already; shapes and axes stay.</summary>
    public static void Align(GraphNode node, OnnxValue?[] inputs)
    {
        torch.Device? device = null;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is TensorValue value && value.Tensor.device_type != DeviceType.CPU && !OperatorTraits.IsShapeInput(node, i))
            {
                device = value.Tensor.device;
            }
        }

        if (device is null) return;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is TensorValue value && value.Tensor.device_type == DeviceType.CPU && !OperatorTraits.IsShapeInput(node, i))
            {
                inputs[i] = value with { Tensor = value.Tensor.to(device) };
            }
        }
    }
}
