using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Draws nodes with random shapes, attributes and opsets. The same seed draws the same node.</summary>
internal sealed partial class RandomNodes(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>The operators that can be drawn, with how.</summary>
    public static IReadOnlyDictionary<string, Func<RandomNodes, RandomNode>> Kinds { get; } = Everything();

    private static Dictionary<string, Func<RandomNodes, RandomNode>> Everything()
    {
        var kinds = new Dictionary<string, Func<RandomNodes, RandomNode>>();
        AddElementwise(kinds);
        AddShapes(kinds);
        AddReductions(kinds);
        AddWindows(kinds);
        AddNetworks(kinds);
        AddMicrosoft(kinds);
        AddQuantized(kinds);
        return kinds;
    }

    private int Below(int bound) => _random.Next(bound);

    private long Between(int least, int most) => _random.Next(least, most + 1);

    private bool Maybe(double chance = 0.5) => _random.NextDouble() < chance;

    private T Any<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    private float Real(double least, double most) => (float)(least + (_random.NextDouble() * (most - least)));

    private long[] Shape(int least = 1, int most = 4) => Sizes((int)Between(least, most));

    private long[] Sizes(int count, int least = 1, int most = 5) => Enumerable.Range(0, count).Select(_ => Between(least, most)).ToArray();

    private Tensor Floats(params long[] shape) => Fill(shape, () => Real(-2, 2));

    private Tensor Positive(params long[] shape) => Fill(shape, () => Real(0.1, 1.1));

    private Tensor Integers(long least, long most, params long[] shape) => Fill(shape, () => _random.NextInt64(least, most + 1));

    private Tensor Bools(params long[] shape) => Fill(shape, () => Maybe());

    private static Tensor Fill<T>(long[] shape, Func<T> draw)
        where T : unmanaged
    {
        var values = new T[shape.Aggregate(1L, (product, size) => product * size)];
        for (int i = 0; i < values.Length; i++) values[i] = draw();
        return from_array(values).reshape(shape);
    }

    private Tensor Bytes(params long[] shape) => Integers(0, 255, shape).to(uint8);

    private static Tensor Longs(params long[] values) => tensor(values);

    /// <summary>Axes of a tensor, each once, some counted from the end where the opset allows it.</summary>
    private long[] Axes(int rank, int count, bool negative)
        => Shuffled(rank).Take(count).Select(axis => negative && Maybe() ? axis - rank : (long)axis).ToArray();

    private int[] Shuffled(int count)
    {
        int[] order = Enumerable.Range(0, count).ToArray();
        _random.Shuffle(order);
        return order;
    }

    private long Axis(int rank, bool negative) => negative && Maybe() ? Below(rank) - rank : Below(rank);

    /// <summary>A shape that broadcasts to another one.</summary>
    private long[] Narrower(long[] shape)
        => shape[(Maybe(0.3) ? Below(shape.Length + 1) : 0)..].Select(size => Maybe(0.3) ? 1 : size).ToArray();
}
