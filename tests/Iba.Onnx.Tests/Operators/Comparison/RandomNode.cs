using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>A node with inputs, as <see cref="RandomNodes"/> draws it.</summary>
/// <param name="Name">The operator, perhaps after a domain and <c>::</c>.</param>
/// <param name="Opset">The opset of the standard's domain.</param>
/// <param name="Inputs">The inputs; null where one is left out.</param>
/// <param name="Attributes">The attributes.</param>
internal sealed record RandomNode(string Name, long Opset, Tensor?[] Inputs, params (string Name, object Value)[] Attributes)
{
    /// <summary>How many outputs are read.</summary>
    public int Outputs { get; init; } = 1;

    /// <summary>The version of the operator's own domain.</summary>
    private long Version => Name.Contains("::", StringComparison.Ordinal) ? 1 : Opset;

    /// <summary>What OnnxRuntime computes; null where it refuses the node.</summary>
    public Tensor?[]? TryExpect()
    {
        try
        {
            return OnnxRuntimeNode.RunAll(Name, Version, Inputs, Outputs, Attributes);
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
    }

    public OnnxValue[] Run() => Node.RunAll(Name, Version, Inputs.Select(input => input is null ? null : (OnnxValue)input).ToArray(), Outputs, Attributes);

    public override string ToString()
    {
        var attributes = Attributes.Select(attribute => $"{attribute.Name}={Text(attribute.Value)}");
        var inputs = Inputs.Select(input => input is null ? "-" : $"{input.dtype}[{string.Join(",", input.shape)}]{Values(input)}");
        return $"{Name} {Opset} ({string.Join(", ", attributes)}) of {string.Join("; ", inputs)}";
    }

    private static string Values(Tensor input)
        => input.is_floating_point() || input.numel() > 12 ? "" : $"={string.Join(",", input.to(int64).flatten().data<long>().ToArray())}";

    private static string Text(object value) => value switch
    {
        long[] numbers => string.Join(",", numbers),
        float[] numbers => string.Join(",", numbers),
        string[] texts => string.Join(",", texts),
        _ => value.ToString()!,
    };
}
