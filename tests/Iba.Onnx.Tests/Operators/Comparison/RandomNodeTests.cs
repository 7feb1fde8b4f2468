using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>
/// Operators of the opsets since 7 against OnnxRuntime, on random shapes and attributes. The ONNX project's node tests are of the
/// newest opsets only.
/// </summary>
public class RandomNodeTests
{
    private const int Count = 60;

    public static TheoryData<string> Names => [.. RandomNodes.Kinds.Keys];

    [Theory]
    [Trait("Speed", "Slow")]
    [MemberData(nameof(Names))]
    public void A_node_computes_what_OnnxRuntime_computes(string kind)
    {
        int compared = 0;
        var problems = new List<string>();
        for (int seed = 1; seed <= Count; seed++)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var node = RandomNodes.Kinds[kind](new RandomNodes(seed));
            if (node.TryExpect() is not { } expected) continue;
            compared++;
            if (Problem(node, expected) is { } problem) problems.Add($"{node}: {problem}");
        }

        Assert.True(problems.Count == 0, $"{problems.Count} of {compared}:\n{string.Join("\n", problems.Take(5))}");
        Assert.InRange(compared, Count / 6, Count);
    }

    internal static string? Problem(RandomNode node, Tensor?[] expected)
    {
        try
        {
            var actual = node.Run();
            return expected.Select((tensor, i) => Difference(tensor!, ((TensorValue)actual[i]).Tensor) is { } text ? $"output {i} {text}" : null).FirstOrDefault(text => text != null);
        }
        catch (Exception exception) when (exception is OnnxFormatException or ArgumentException)
        {
            return exception.Message;
        }
    }

    private static string? Difference(Tensor expected, Tensor actual)
    {
        if (expected.dtype != actual.dtype) return $"is {actual.dtype}, not {expected.dtype}";
        if (!expected.shape.SequenceEqual(actual.shape)) return $"has shape [{string.Join(",", actual.shape)}], not [{string.Join(",", expected.shape)}]";
        if (expected.numel() == 0) return null;
        var (wanted, found) = (expected.to(float64), actual.to(float64));
        // Infinities and what is not a number must be in the same places.
        var odd = wanted.isfinite().logical_not();
        if (!odd.eq(found.isfinite().logical_not()).all().item<bool>()) return "is infinite or not a number elsewhere";
        double scale = wanted.masked_fill(odd, 0).abs().max().item<double>(), difference = (wanted - found).masked_fill(odd, 0).abs().max().item<double>();
        // Quantised values may differ by one where the exact value lies between two.
        if (expected.dtype is ScalarType.Byte or ScalarType.Int8 && difference <= 1) return null;
        return difference <= 1e-4 * Math.Max(scale, 1e-3) ? null : $"differs by {difference:g3} at a scale of {scale:g3}";
    }
}
