using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

internal sealed partial class RandomNodes
{
    private static void AddNetworks(Dictionary<string, Func<RandomNodes, RandomNode>> kinds)
    {
        kinds["Gemm"] = draw =>
        {
            long transposeLeft = draw.Below(2), transposeRight = draw.Below(2), opset = draw.Any<long>(7, 9, 11, 13);
            Tensor left = transposeLeft == 1 ? draw.Floats(4, 3) : draw.Floats(3, 4), right = transposeRight == 1 ? draw.Floats(5, 4) : draw.Floats(4, 5);
            (string, object)[] attributes = [("transA", transposeLeft), ("transB", transposeRight), ("alpha", draw.Real(0.5, 2)), ("beta", draw.Real(0.5, 2))];
            return new RandomNode("Gemm", opset, opset >= 11 && draw.Maybe(0.3) ? [left, right] : [left, right, draw.Floats(draw.Any<long[]>([5], [3, 5], [1, 5], [3, 1], [], [1]))], attributes);
        };
        kinds["MatMul"] = draw => draw.Any(
            new RandomNode("MatMul", draw.Any<long>(7, 9, 13), [draw.Floats(3), draw.Floats(3, 4)]),
            new RandomNode("MatMul", draw.Any<long>(7, 9, 13), [draw.Floats(2, 4, 3), draw.Floats(3)]),
            new RandomNode("MatMul", draw.Any<long>(7, 9, 13), [draw.Floats(2, 1, 4, 3), draw.Floats(5, 3, 2)]),
            new RandomNode("MatMul", draw.Any<long>(7, 9, 13), [draw.Floats(2, 3), draw.Floats(5, 3, 2)]));
        foreach (string name in new[] { "LSTM", "GRU", "RNN" }) kinds[name] = draw => draw.Recurrent(name);
        kinds["QuantizeLinear"] = draw => draw.Maybe()
            ? new RandomNode("QuantizeLinear", 10, [draw.Floats(3, 4), tensor(0.02f), tensor((byte)120)])
            : new RandomNode("QuantizeLinear", 13, [draw.Floats(3, 4), draw.Positive(4), draw.Integers(-20, 20, 4).to(int8)], ("axis", draw.Any(1, -1)));
        kinds["DequantizeLinear"] = draw => draw.Maybe()
            ? new RandomNode("DequantizeLinear", 10, [draw.Bytes(3, 4), tensor(0.02f), tensor((byte)120)])
            : new RandomNode("DequantizeLinear", 13, [draw.Integers(-128, 127, 3, 4).to(int8), draw.Positive(3), draw.Integers(-20, 20, 3).to(int8)], ("axis", draw.Any(0, -2)));
    }

    private RandomNode Recurrent(string name)
    {
        long gates = name switch { "LSTM" => 4, "GRU" => 3, _ => 1 }, hidden = 3, length = 4, batch = 2;
        string direction = Any("forward", "reverse", "bidirectional");
        long directions = direction == "bidirectional" ? 2 : 1, opset = Any<long>(7, 14);
        var inputs = new List<Tensor?>
        {
            Floats(length, batch, 5), Floats(directions, gates * hidden, 5), Floats(directions, gates * hidden, hidden),
            Maybe() ? Floats(directions, 2 * gates * hidden) : null,
            Maybe() ? Integers(1, length, batch).to(int32) : null,
            Maybe() ? Floats(directions, batch, hidden) : null,
        };
        if (name == "LSTM")
        {
            inputs.Add(Maybe() ? Floats(directions, batch, hidden) : null);
            inputs.Add(Maybe() ? Floats(directions, 3 * hidden) : null);
        }

        while (inputs[^1] is null) inputs.RemoveAt(inputs.Count - 1);
        var attributes = new List<(string, object)> { ("hidden_size", hidden), ("direction", direction) };
        // OnnxRuntime's LSTM does not clip the input of the last activation.
        if (Maybe(0.3) && name != "LSTM") attributes.Add(("clip", 0.8f));
        if (name == "GRU") attributes.Add(("linear_before_reset", Below(2)));
        int functions = name switch { "LSTM" => 3, "GRU" => 2, _ => 1 };
        if (Maybe(0.3)) attributes.Add(("activations", Enumerable.Range(0, functions * (int)directions).Select(_ => Any("Tanh", "Sigmoid", "Relu", "Softsign")).ToArray()));
        return new RandomNode(name, opset, [.. inputs], [.. attributes]) { Outputs = name == "LSTM" ? 3 : 2 };
    }
}
