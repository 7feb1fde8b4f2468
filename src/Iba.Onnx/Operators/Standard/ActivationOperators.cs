using Iba.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Iba.Onnx;

/// <summary>Activation functions, element by element.</summary>
internal static class ActivationOperators
{
    /// <summary>Above this, softplus(x) is x in float64 too.</summary>
    private const double SoftplusThreshold = 40;

    public static void Register(OperatorTable table)
    {
        table.Add("Relu", call => F.relu(call[0]));
        table.Add("LeakyRelu", call => F.leaky_relu(call[0], call.Float("alpha", 0.01f)));
        table.Add("PRelu", PRelu);
        table.Add("ThresholdedRelu", ThresholdedRelu);
        table.Add("Elu", call => F.elu(call[0], call.Float("alpha", 1f)));
        table.Add("Selu", Selu);
        table.Add("Celu", call => F.celu(call[0], call.Float("alpha", 1f)));
        table.Add("Gelu", Gelu);
        table.Add("Mish", call => F.mish(call[0]));
        table.Add("Swish", call => Swish(call[0], call.Float("alpha", 1f)));
        table.Add("SwiGLU", SwiGlu);
        table.Add("HardSigmoid", call => HardSigmoid(call[0], call.Float("alpha", 0.2f), call.Float("beta", 0.5f)));
        table.Add("HardSwish", call => F.hardswish(call[0]));
        table.Add("Sigmoid", call => call[0].sigmoid());
        table.Add("Tanh", call => call[0].tanh());
        table.Add("Softplus", call => F.softplus(call[0], 1, SoftplusThreshold));
        table.Add("Softsign", call => F.softsign(call[0]));
        table.Add("Shrink", Shrink);
        table.AddKeepingType("Clip", Clip);
    }

    private static Tensor PRelu(OperatorCall call)
    {
        var (input, slope) = Broadcasting.Operands(call);
        if (call.Opset < 7 && slope.dim() == 1 && slope.numel() > 1 && input.dim() > 1)
        {
            // Before opset 7 a slope for each channel came as [C].
            slope = Broadcasting.Before(slope, input.dim() - 2);
        }
        return where(input.lt(0), input * slope, input);
    }

    private static Tensor ThresholdedRelu(OperatorCall call)
        => where(call[0].gt(call.Float("alpha", 1f)), call[0], zeros_like(call[0]));

    private static Tensor Selu(OperatorCall call)
    {
        // The defaults are the float32 values that the standard names.
        float alpha = call.Float("alpha", 1.67326319217681884765625f);
        float gamma = call.Float("gamma", 1.05070102214813232421875f);
        return F.elu(call[0], alpha) * gamma;
    }

    private static Tensor Gelu(OperatorCall call) => call.String("approximate", "none") switch
    {
        "none" => F.gelu(call[0]),
        "tanh" => F.gelu(call[0], TorchSharp.Modules.GELU.Approximate.tanh),
        var other => throw call.Error($"has approximation '{other}'; 'none' and 'tanh' are defined"),
    };

    private static Tensor Swish(Tensor input, float alpha) => alpha == 1 ? F.silu(input) : input * (input * alpha).sigmoid();

    private static Tensor SwiGlu(OperatorCall call)
    {
        var (gate, value) = Broadcasting.Operands(call);
        return Swish(gate, call.Float("alpha", 1f)) * value;
    }

    private static Tensor HardSigmoid(Tensor input, float alpha, float beta) => (input * alpha + beta).clamp(0, 1);

    private static Tensor Shrink(OperatorCall call)
    {
        var input = call[0];
        float lambda = call.Float("lambd", 0.5f);
        float bias = call.Float("bias", 0f);
        return where(input.lt(-lambda), input + bias, where(input.gt(lambda), input - bias, zeros_like(input))).to(input.dtype);
    }

    /// <summary>Limits; where the lower one is above the upper one, the upper one wins.</summary>
    private static Tensor Clip(OperatorCall call)
    {
        var input = call[0];
        if (call.Opset < 11)
        {
            // An attribute at the end of float's range is no limit; it would turn infinities into numbers.
            var (low, high) = (call.Float("min", float.MinValue), call.Float("max", float.MaxValue));
            if (low > float.MinValue && high < float.MaxValue) return input.clamp(low, high);
            return low > float.MinValue ? input.clamp_min(low) : high < float.MaxValue ? input.clamp_max(high) : input;
        }
        var (lowest, highest) = (Limit(call, 1), Limit(call, 2));
        return lowest is null && highest is null ? input : input.clamp(lowest, highest);
    }

    private static Tensor? Limit(OperatorCall call, int index)
    {
        if (call.Optional(index) is not { } limit) return null;
        if (limit.numel() != 1) throw call.Error($"needs a single number as input {index}, not shape {Shapes.Format(limit.shape)}");
        return limit.reshape([]).to(call[0].dtype).to(call[0].device);
    }
}
