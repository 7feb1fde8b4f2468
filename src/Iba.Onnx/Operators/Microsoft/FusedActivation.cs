using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>The activation that a fused operator names in its attribute <c>activation</c>.</summary>
internal static class FusedActivation
{
    public static Tensor Apply(OperatorCall call, Tensor tensor)
    {
        string name = call.String("activation", "");
        float[] given = call.Floats("activation_params") ?? [];
        double Parameter(int index, string attribute, double otherwise)
            => index < given.Length ? given[index] : call.Has(attribute) ? call.Float(attribute, 0) : otherwise;
        switch (name)
        {
            case "": return tensor;
            case "Relu": return tensor.relu();
            case "Tanh": return tensor.tanh();
            case "Sigmoid": return tensor.sigmoid();
            case "Softplus": return nn.functional.softplus(tensor, 1, 20);
            case "Softsign": return nn.functional.softsign(tensor);
            case "HardSwish": return nn.functional.hardswish(tensor);
            case "LeakyRelu": return where(tensor.ge(0), tensor, tensor * Parameter(0, "activation_alpha", 0.01));
            case "Elu": return where(tensor.ge(0), tensor, tensor.clamp(max: 0).expm1() * Parameter(0, "activation_alpha", 1));
            case "Clip": return tensor.clamp(Parameter(0, "activation_alpha", float.MinValue), Parameter(1, "activation_beta", float.MaxValue));
            case "HardSigmoid":
                return ((tensor * Parameter(0, "activation_alpha", 0.2)) + Parameter(1, "activation_beta", 0.5)).clamp(0, 1);
            default: throw call.Error($"activation '{name}' is not supported");
        }
    }
}
