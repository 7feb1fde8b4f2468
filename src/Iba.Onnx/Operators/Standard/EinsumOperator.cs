using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Sums of products in Einstein's notation.</summary>
internal static class EinsumOperator
{
    public static void Register(OperatorTable table) => table.Add("Einsum", Einsum);

    private static Tensor Einsum(OperatorCall call)
    {
        string equation = string.Concat(call.String("equation", "").Where(letter => !char.IsWhiteSpace(letter)));
        var inputs = call.Tensors();
        Check(call, equation, inputs);
        var type = inputs[0].dtype;
        return einsum(equation, [.. inputs.Select(input => input.As(Precision.Wide(type)))]).As(type);
    }

    /// <summary>Every letter has one size, every operand as many letters as dimensions, and the result knows all its letters.</summary>
    private static void Check(OperatorCall call, string equation, Tensor[] inputs)
    {
        string[] sides = equation.Split("->");
        string[] operands = sides[0].Split(',');
        if (sides.Length > 2 || operands.Length != inputs.Length || inputs.Length == 0)
            throw call.Error($"equation '{equation}' does not go with {inputs.Length} inputs");

        var sizes = new Dictionary<char, long>();
        for (int i = 0; i < inputs.Length; i++)
        {
            var (before, after, ellipsis) = Letters(call, equation, operands[i]);
            int rank = (int)inputs[i].dim();
            if (before.Length + after.Length > rank || (!ellipsis && before.Length != rank))
                throw call.Error($"'{operands[i]}' of equation '{equation}' does not go with shape {inputs[i].ShapeText()}");
            foreach (var (letter, size) in before.Zip(inputs[i].shape).Concat(after.Zip(inputs[i].shape[(rank - after.Length)..])))
            {
                long known = sizes.GetValueOrDefault(letter, size);
                if (known != size && known != 1 && size != 1) throw call.Error($"'{letter}' of equation '{equation}' is {known} and {size}");
                sizes[letter] = Math.Max(known, size);
            }
        }

        if (sides.Length < 2) return;
        var (first, last, _) = Letters(call, equation, sides[1]);
        string result = first + last;
        if (result.Distinct().Count() != result.Length || !result.All(sizes.ContainsKey))
            throw call.Error($"equation '{equation}' has a result whose letters are repeated or in no operand");
    }

    private static (string Before, string After, bool Ellipsis) Letters(OperatorCall call, string equation, string term)
    {
        string[] parts = term.Split("...");
        if (parts.Length > 2 || parts.Any(part => !part.All(char.IsAsciiLetter)))
            throw call.Error($"'{term}' of equation '{equation}' is no list of letters with at most one ellipsis");
        return (parts[0], parts.Length == 2 ? parts[1] : "", parts.Length == 2);
    }
}
