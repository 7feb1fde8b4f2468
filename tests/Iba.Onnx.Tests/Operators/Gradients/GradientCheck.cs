using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>
/// Compares a derivative by autograd with central differences, in float64, along random directions of inputs and outputs. Two step
/// sizes that disagree show a kink (or float32 inside the operator): such a point is left for another one.
/// </summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;
    private const int Attempts = 8;

    /// <summary>What is wrong with the operator's gradient at this case; null where nothing is.</summary>
    public static string? Fault(GradientCase test)
    {
        using var generator = new Generator(1, CPU);
        string reason = "no point was tried";
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            using var scope = NewDisposeScope();
            var inputs = test.Inputs.Select((value, i) => HasGradient(test, i) ? Moved(((TensorValue)value!).Tensor, attempt, generator) : null).ToArray();
            var directions = inputs.Select(input => input is null ? null : randn(input.shape, float64, generator: generator)).ToArray();
            var weights = new List<Tensor>();
            var leaves = inputs.Select(input => input?.clone().requires_grad_()).ToArray();
            var value = Project(test, leaves, weights, generator);
            if (value.requires_grad) value.backward();
            double derivative = leaves.Zip(directions).Sum(pair => pair.First?.grad is { } grad ? (grad * pair.Second!).sum().item<double>() : 0);
            if (leaves.Any(leaf => leaf?.grad is { } grad && !grad.isfinite().all().item<bool>()))
            {
                reason = $"{test.Name}: the gradient is not finite";
                continue;
            }

            using var noGrad = no_grad();
            var (coarse, fine) = (Quotient(Step), Quotient(Step / 2));
            double size = weights.Count == 0 ? 0 : Math.Abs(value.item<double>());
            double tolerance = (1e-6 * (Math.Abs(derivative) + Math.Abs(fine))) + (1e-8 * (1 + size));
            if (!double.IsFinite(fine) || Math.Abs(coarse - fine) > tolerance)
            {
                reason = $"{test.Name}: the difference quotients {coarse} and {fine} disagree";
                continue;
            }

            return Math.Abs(derivative - fine) <= 2 * tolerance ? null : $"{test.Name}: derivative {derivative}, but the difference quotient is {fine}";

            double Quotient(double step)
            {
                double At(double distance) => Project(test, inputs.Zip(directions, (input, d) => input is null ? null : input + (d! * distance)).ToArray(), weights, generator).item<double>();
                return (At(step) - At(-step)) / (2 * step);
            }
        }

        return reason;
    }

    private static bool HasGradient(GradientCase test, int input)
        => test.HasGradient(input) && test.Inputs[input] is TensorValue { Tensor.dtype: ScalarType.Float64 };

    /// <summary>A point near the given one, off its zeros and ties; towards zero first, so that domains such as [-1, 1] are not left.</summary>
    private static Tensor Moved(Tensor input, int attempt, Generator generator)
    {
        var noise = rand(input.shape, float64, generator: generator);
        return (attempt % 2 == 0 ? input * (1 - (0.01 * noise)) : input * (1 + (0.01 * noise))) + (0.002 * (noise - 0.5) * (attempt < 4 ? 1 : 10));
    }

    /// <summary>The outputs' finite elements times random weights, which are drawn on the first call, summed.</summary>
    private static Tensor Project(GradientCase test, Tensor?[] points, List<Tensor> weights, Generator generator)
    {
        var values = test.Inputs.Select((value, i) => points[i] is { } point ? point : value).ToArray();
        var outputs = test.Compute(values).SelectMany(Tensors).Where(tensor => tensor.is_floating_point()).ToArray();
        bool first = weights.Count == 0;
        var sum = zeros([], float64);
        for (int i = 0; i < outputs.Length; i++)
        {
            if (first)
            {
                var drawn = randn(outputs[i].shape, float64, generator: generator);
                weights.Add(drawn.masked_fill(outputs[i].detach().isfinite().logical_not(), 0));
            }

            sum = sum + (outputs[i].masked_fill(weights[i].eq(0), 0) * weights[i]).sum();
        }

        return sum;
    }

    private static IEnumerable<Tensor> Tensors(OnnxValue value) => value switch
    {
        TensorValue tensor => [tensor.Tensor],
        SequenceValue sequence => sequence.Items.SelectMany(Tensors),
        _ => [],
    };
}
