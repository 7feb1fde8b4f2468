using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>What is added to attention scores: zero or a given number where a query may see a key, minus infinity where not.</summary>
/// <param name="call">The operator.</param>
/// <param name="queries">The number of queries.</param>
/// <param name="keys">The number of keys.</param>
/// <param name="type">The element type of the scores.</param>
/// <param name="device">Their device.</param>
internal sealed class AttentionBias(OperatorCall call, long queries, long keys, ScalarType type, Device device)
{
    /// <summary>The sum so far, which broadcasts to <c>[N, heads, queries, keys]</c>; null where nothing was added.</summary>
    public Tensor? Total { get; private set; }

    /// <summary>Adds a mask: booleans say who may be seen, numbers are added. Keys beyond a shorter mask are hidden.</summary>
    public void AddMask(Tensor? mask)
    {
        if (mask is null) return;
        if (mask.dim() is < 1 or > 4) throw call.Error($"a mask of shape {mask.ShapeText()} must have 1 to 4 dimensions");
        var additive = mask.dtype == ScalarType.Bool ? Hidden(mask.logical_not()) : mask.As(type);
        long missing = keys - mask.shape[^1];
        if (missing > 0 && mask.shape[^1] > 1) additive = nn.functional.pad(additive, [0, missing], value: double.NegativeInfinity);
        Broadcasting.Shape(call, additive.shape.AsSpan(Math.Max(0, additive.shape.Length - 2)), [queries, keys]);
        Add(additive);
    }

    /// <summary>Lets query i (counted from the offset) see keys from i - left to i + right; a negative number is no bound.</summary>
    /// <param name="offset">How many keys come before the first query, one number or <c>[N, 1, 1, 1]</c>.</param>
    /// <param name="left">How far back.</param>
    /// <param name="right">How far ahead; 0 is causal.</param>
    public void AddWindow(Tensor offset, long left, long right)
    {
        if (left < 0 && right < 0) return;
        var distance = arange(keys, int64, device) - (arange(queries, int64, device).unsqueeze(1) + offset);
        var hidden = left >= 0 ? distance.lt(-left) : distance.gt(right);
        if (left >= 0 && right >= 0) hidden = hidden | distance.gt(right);
        Add(Hidden(hidden));
    }

    /// <summary>Hides the keys from each row's length on.</summary>
    public void AddLengths(Tensor lengths) => Add(Hidden(arange(keys, int64, device).ge(lengths)));

    /// <summary>Adds a number where the condition holds.</summary>
    public void AddWhere(Tensor condition, double number) => Add(condition.to(type) * number);

    private Tensor Hidden(Tensor condition) => zeros(condition.shape, type, device).masked_fill(condition, double.NegativeInfinity);

    private void Add(Tensor additive) => Total = Total is null ? additive : Total + additive;
}
