using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

internal sealed partial class RandomNodes
{
    private static void AddElementwise(Dictionary<string, Func<RandomNodes, RandomNode>> kinds)
    {
        foreach (string name in new[]
        {
            "Abs", "Neg", "Ceil", "Floor", "Exp", "Sigmoid", "Tanh", "Relu", "Sin", "Cos", "Tan", "Atan", "Softplus", "Softsign", "Identity", "Sign", "Erf", "Sinh", "Cosh", "Asinh",
        })
        {
            kinds[name] = draw => new RandomNode(name, draw.Any<long>(9, 10, 11, 12, 13, 14, 17), [draw.Floats(draw.Shape(0))]);
        }

        foreach (string name in new[] { "Log", "Sqrt", "Reciprocal" }) kinds[name] = draw => new RandomNode(name, draw.Any<long>(7, 9, 13), [draw.Positive(draw.Shape(0))]);
        foreach (string name in new[] { "Asin", "Acos", "Atanh" }) kinds[name] = draw => new RandomNode(name, draw.Any<long>(9, 13, 22), [draw.Positive(draw.Shape(0)) - 0.5]);
        kinds["Round"] = draw => new RandomNode("Round", draw.Any<long>(11, 22), [(draw.Integers(-9, 9, draw.Shape()).to(float32) / 2)]);
        foreach (var (name, attributes) in new (string Name, string[] Attributes)[]
        {
            ("Elu", ["alpha"]), ("LeakyRelu", ["alpha"]), ("Selu", ["alpha", "gamma"]), ("HardSigmoid", ["alpha", "beta"]), ("ThresholdedRelu", ["alpha"]), ("Celu", ["alpha"]), ("Shrink", ["lambd", "bias"]),
        })
        {
            kinds[name] = draw => new RandomNode(
                name, draw.Any<long>(name == "Celu" ? 12 : 10, 13, 16), [draw.Floats(draw.Shape(0)) * 2], attributes.Where(_ => draw.Maybe(0.7)).Select(attribute => (attribute, (object)draw.Real(0.1, 1.5))).ToArray());
        }

        foreach (string name in new[] { "Add", "Sub", "Mul", "Div" }) kinds[name] = draw => draw.Binary(name, draw.Any<long>(7, 13, 14));
        kinds["Pow"] = draw => new RandomNode("Pow", draw.Any<long>(7, 12, 13), [draw.Positive(3, 1, 4), draw.Floats(draw.Narrower([2, 3, 5, 4]))]);
        kinds["Pow of mixed types"] = draw => new RandomNode("Pow", draw.Any<long>(12, 15), draw.Maybe() ? [draw.Floats(2, 3), draw.Integers(0, 3, 3)] : [draw.Integers(-4, 4, 2, 3), draw.Integers(0, 3, 3)]);
        kinds["Mod"] = draw => draw.Maybe()
            ? new RandomNode("Mod", draw.Any<long>(10, 13), [draw.Floats(3, 4), draw.Floats(4)], ("fmod", 1))
            : new RandomNode("Mod", draw.Any<long>(10, 13), [draw.Integers(-9, 9, 3, 4), draw.Integers(1, 4, 4) * draw.Any(1, -1)], ("fmod", draw.Below(2)));
        kinds["PRelu"] = draw =>
        {
            long[] shape = draw.Shape(1, 4);
            return new RandomNode("PRelu", draw.Any<long>(7, 9, 16), [draw.Floats(shape), draw.Floats(draw.Narrower(shape))]);
        };
        foreach (string name in new[] { "Greater", "Less", "Equal", "GreaterOrEqual", "LessOrEqual" })
        {
            kinds[name] = draw =>
            {
                long opset = name is "Greater" or "Less" ? draw.Any<long>(7, 9, 13) : name == "Equal" ? draw.Any<long>(7, 11, 13) : draw.Any<long>(12, 16);
                long[] shape = draw.Shape();
                bool whole = (name == "Equal" && opset == 7) || (opset > 7 && draw.Maybe());
                return new RandomNode(name, opset, whole ? [draw.Integers(0, 2, shape), draw.Integers(0, 2, draw.Narrower(shape))] : [draw.Floats(shape), draw.Floats(draw.Narrower(shape))]);
            };
        }

        foreach (string name in new[] { "And", "Or", "Xor" }) kinds[name] = draw => new RandomNode(name, 7, [draw.Bools(2, 1, 3), draw.Bools(draw.Narrower([2, 4, 3]))]);
        foreach (string name in new[] { "Min", "Max", "Sum", "Mean" })
        {
            kinds[name] = draw =>
            {
                long[] shape = draw.Shape();
                return new RandomNode(name, draw.Any<long>(8, 12, 13), Enumerable.Range(0, (int)draw.Between(1, 4)).Select(_ => (Tensor?)draw.Floats(draw.Narrower(shape))).ToArray());
            };
        }

        kinds["Where"] = draw => new RandomNode("Where", draw.Any<long>(9, 16), [draw.Bools(draw.Narrower([2, 3, 4])), draw.Floats(2, 3, 4), draw.Floats(draw.Narrower([2, 3, 4]))]);
        kinds["Clip"] = draw =>
        {
            if (draw.Maybe(0.3)) return new RandomNode("Clip", draw.Any<long>(7, 10), [draw.Floats(3, 4)], new (string, object)[] { ("min", -0.4f), ("max", 0.3f) }.Where(_ => draw.Maybe(0.7)).ToArray());
            return new RandomNode("Clip", draw.Any<long>(11, 12, 13), [draw.Floats(3, 4), draw.Maybe() ? tensor(draw.Real(-1, 0.5)) : null, draw.Maybe() ? tensor(draw.Real(-0.2, 1)) : null]);
        };
        kinds["Dropout"] = draw => draw.Maybe()
            ? new RandomNode("Dropout", draw.Any<long>(7, 10), [draw.Floats(3, 4)], ("ratio", 0.4f))
            : new RandomNode("Dropout", draw.Any<long>(12, 13), [draw.Floats(3, 4), tensor(0.4f)]);
        kinds["Cast"] = draw => new RandomNode(
            "Cast", draw.Any<long>(7, 9, 13), [draw.Any(draw.Floats(3, 4) * 5, draw.Integers(-9, 9, 3, 4), draw.Bools(3, 4))], ("to", draw.Any(1, 6, 7, 9, 11)));
        kinds["BitShift"] = draw => new RandomNode("BitShift", 11, [draw.Bytes(3, 4), draw.Integers(0, 5, 4).to(uint8)], ("direction", draw.Any("LEFT", "RIGHT")));
    }

    private RandomNode Binary(string name, long opset)
    {
        long[] shape = Shape(0);
        var (one, other) = (Narrower(shape), Narrower(shape));
        return Maybe(0.3)
            ? new RandomNode(name, opset, [Integers(-9, 9, one), Integers(1, 4, other) * Any(1, -1)])
            : new RandomNode(name, opset, [Floats(one), Positive(other)]);
    }
}
