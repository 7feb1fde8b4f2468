using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What stands for a missing input: where integrated gradients begin, and what occlusion puts in place of a window.</summary>
/// <remarks>In the space of the features at the cut: behind the preprocessing, where 0 is often the mean colour of the training data.</remarks>
public sealed class InputBaseline
{
    private const int MostDimensions = 16;

    private readonly Kind _kind;
    private readonly double[] _values = [];
    private readonly long[] _shape = [];

    private InputBaseline(Kind kind) => _kind = kind;

    private InputBaseline(double[] values, long[] shape)
        : this(Kind.Values) => (_values, _shape) = (values, shape);

    private enum Kind
    {
        Zero = 0,
        ChannelMean = 1,
        Values = 2,
    }

    /// <summary>Zeros.</summary>
    public static InputBaseline Zero { get; } = new(Kind.Zero);

    /// <summary>The mean of each channel over the row's own positions: the picture in its own mean colour.</summary>
    public static InputBaseline ChannelMean { get; } = new(Kind.ChannelMean);

    /// <summary>Values of your own, the same for every row.</summary>
    /// <param name="values">
    /// The shape of one row of features, or one that can be broadcast to it: <c>[C, H, W]</c>, <c>[C, 1, 1]</c> for a colour, <c>[D]</c> for the
    /// embedding of a padding token in <c>[T, D]</c>. Copied.
    /// </param>
    /// <exception cref="ArgumentException">They are no floating point numbers, or not finite.</exception>
    public static InputBaseline Of(Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using var scope = NewDisposeScope();
        if (!values.is_floating_point() || !values.isfinite().all().item<bool>())
        {
            throw new ArgumentException($"A baseline is finite floating point numbers; this one is {values.dtype} {Shapes.Format(values.shape)}.", nameof(values));
        }

        return new(values.detach().to(ScalarType.Float64, CPU).contiguous().data<double>().ToArray(), values.shape);
    }

    /// <summary>The baseline for the rows of a pass, which can be broadcast to their features.</summary>
    /// <exception cref="ArgumentException">Its shape does not fit the features.</exception>
    internal Tensor For(AttributionPass pass)
    {
        var features = pass.Features;
        if (_kind == Kind.Zero) return zeros(1, features.dtype, features.device);
        if (_kind == Kind.ChannelMean) return pass.MeanOverPositions(features);
        long[] row = features.shape[1..];
        bool fits = _shape.Length <= row.Length && _shape.Reverse().Zip(row.Reverse()).All(pair => pair.First == 1 || pair.First == pair.Second);
        return fits
            ? tensor(_values, _shape).to(features.dtype, features.device)
            : throw new ArgumentException(
                $"The baseline is {Shapes.Format(_shape)}, but a row of features at '{pass.Network.LayerName}' is {Shapes.Format(row)}: give that shape, with 1 where a value is repeated.");
    }

    internal void Save(BinaryWriter writer)
    {
        writer.Write((int)_kind);
        if (_kind != Kind.Values) return;
        Shapes.Write(writer, _shape);
        foreach (double value in _values) writer.Write(value);
    }

    internal static InputBaseline Load(BinaryReader reader)
    {
        var kind = (Kind)reader.ReadInt32();
        if (kind != Kind.Values) return Enum.IsDefined(kind) ? new(kind) : throw new InvalidDataException($"A saved baseline of kind {(int)kind}; expected 0 to 2.");
        long[] shape = Shapes.Read(reader, MostDimensions, "A saved baseline");
        // Read one by one, so that a damaged size ends with the file and not with the memory.
        var values = new List<double>();
        for (long count = shape.Aggregate(1L, (product, size) => checked(product * size)); values.Count < count;) values.Add(reader.ReadDouble());
        return new([.. values], shape);
    }
}
