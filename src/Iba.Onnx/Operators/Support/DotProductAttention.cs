using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Softmax of scaled, biased products of queries and keys, times the values.</summary>
/// <param name="call">The operator.</param>
/// <param name="scale">What the products are multiplied by.</param>
internal sealed class DotProductAttention(OperatorCall call, double scale)
{
    /// <summary>Where positive, scores become <c>softcap * tanh(score / softcap)</c>.</summary>
    public double Softcap { get; init; }

    public Func<Tensor, Tensor>? ScoreModification { get; init; }

    public Func<Tensor, Tensor>? ProbabilityModification { get; init; }

    /// <summary>The result, and what lies on the way to it.</summary>
    /// <param name="Output">The attended values, <c>[N, heads, queries, size]</c>.</param>
    /// <param name="Products">The scaled products of queries and keys, <c>[N, heads, queries, keys]</c>.</param>
    /// <param name="Capped">The scores before the bias.</param>
    /// <param name="Biased">The scores with the bias.</param>
    /// <param name="Probabilities">Their softmax.</param>
    public sealed record Result(Tensor Output, Tensor Products, Tensor Capped, Tensor Biased, Tensor Probabilities);

    /// <summary>Queries <c>[N, heads, queries, size]</c>; keys and values may have fewer heads, each shared by a group of query heads.</summary>
    public Result Run(Tensor query, Tensor key, Tensor value, Tensor? bias)
    {
        if (key.dim() != 4 || value.dim() != 4 || key.shape[1] < 1 || query.shape[1] % key.shape[1] != 0 || value.shape[1] != key.shape[1] || key.shape[2] != value.shape[2])
            throw call.Error($"queries {query.ShapeText()} do not go with keys {key.ShapeText()} and values {value.ShapeText()}");
        long group = query.shape[1] / key.shape[1];
        if (group > 1) (key, value) = (key.repeat_interleave(group, 1), value.repeat_interleave(group, 1));

        double root = Math.Sqrt(scale);
        var products = MatrixProduct.Multiply(call, query * root, (key * root).transpose(2, 3));
        var scores = products;
        if (Softcap > 0) scores = (scores / Softcap).tanh() * Softcap;
        if (ScoreModification is not null) scores = ScoreModification(scores);
        var (biased, probabilities) = Softmax(scores, bias);
        if (ProbabilityModification is not null) probabilities = ProbabilityModification(probabilities);
        return new Result(MatrixProduct.Multiply(call, probabilities, value), products, scores, biased, probabilities);
    }

    /// <summary>A query that may see no key gets zeros, and a zero gradient.</summary>
    private (Tensor Biased, Tensor Probabilities) Softmax(Tensor scores, Tensor? bias)
    {
        if (bias is null) return (scores, scores.softmax(-1));
        Broadcasting.Shape(call, scores.shape, bias.shape);
        var hidden = bias.isneginf();
        var biased = (scores + bias).masked_fill(hidden, double.NegativeInfinity);
        var blind = hidden.all(-1, keepdim: true);
        return (biased, biased.masked_fill(blind, 0).softmax(-1).masked_fill(blind, 0));
    }
}
