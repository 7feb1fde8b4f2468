using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>The activation functions that a recurrent network may name, with their parameters alpha and beta.</summary>
internal static class RecurrentActivations
{
    /// <summary>The functions of one direction. Parameters are consumed in the order of the functions that have any.</summary>
    public static Func<Tensor, Tensor>[] Read(OperatorCall call, int direction, int directions, string[] otherwise)
    {
        string[]? names = call.Attribute("activations")?.Strings.Select(name => name.ToStringUtf8()).ToArray();
        if (names is null or { Length: 0 }) names = [.. Enumerable.Repeat(otherwise, directions).SelectMany(list => list)];
        if (names.Length != directions * otherwise.Length)
            throw call.Error($"names {names.Length} activations, but needs {directions * otherwise.Length}");

        var alphas = new Queue<float>(call.Floats("activation_alpha") ?? []);
        var betas = new Queue<float>(call.Floats("activation_beta") ?? []);
        return names.Select(name => Create(call, name, alphas, betas)).ToArray()[(direction * otherwise.Length)..((direction + 1) * otherwise.Length)];
    }

    private static Func<Tensor, Tensor> Create(OperatorCall call, string name, Queue<float> alphas, Queue<float> betas)
    {
        double Alpha(double otherwise) => alphas.TryDequeue(out float value) ? value : otherwise;
        double Beta(double otherwise) => betas.TryDequeue(out float value) ? value : otherwise;
        switch (name.ToUpperInvariant())
        {
            case "RELU": return x => x.relu();
            case "TANH": return x => x.tanh();
            case "SIGMOID": return x => x.sigmoid();
            case "SOFTSIGN": return x => nn.functional.softsign(x);
            case "SOFTPLUS": return x => nn.functional.softplus(x, 1, 20);
            case "AFFINE":
                {
                    var (alpha, beta) = (Alpha(1), Beta(0));
                    return x => (x * alpha) + beta;
                }

            case "LEAKYRELU":
                {
                    double alpha = Alpha(0.01);
                    return x => where(x.ge(0), x, x * alpha);
                }

            case "THRESHOLDEDRELU":
                {
                    double alpha = Alpha(1);
                    return x => where(x.ge(alpha), x, zeros_like(x));
                }

            case "SCALEDTANH":
                {
                    var (alpha, beta) = (Alpha(1), Beta(1));
                    return x => (x * beta).tanh() * alpha;
                }

            case "HARDSIGMOID":
                {
                    var (alpha, beta) = (Alpha(0.2), Beta(0.5));
                    return x => ((x * alpha) + beta).clamp(0, 1);
                }

            case "ELU":
                {
                    double alpha = Alpha(1);
                    return x => where(x.ge(0), x, x.clamp(max: 0).expm1() * alpha);
                }

            default:
                throw call.Error($"activation '{name}' is not known");
        }
    }
}
