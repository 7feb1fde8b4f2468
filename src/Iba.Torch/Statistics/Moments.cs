using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Count, mean, squared deviations from it and how often not zero, of many values per neuron, in float64.</summary>
internal sealed record Moments(double Count, Tensor Mean, Tensor SquaredDeviations, Tensor NonZero) : IDisposable
{
    /// <summary>The number of values per neuron.</summary>
    public double Count { get; private set; } = Count;

    /// <summary>Measures values over the given dimensions, which keep no trace but the positions' (size 1) in the result.</summary>
    public static Moments Of(Tensor values, Tensor? positions, long[] over)
    {
        double count = 1;
        foreach (long dimension in over) count *= values.shape[dimension];
        if (positions is not null)
        {
            count = positions.sum().item<long>();
            values = values.where(positions, zeros_like(values)); // padding may hold anything, NaN too
        }

        if (count == 1 && positions is null)
        {
            var value = values.squeeze(0);
            return new(1, value, zeros_like(value), value.ne(0).to_type(ScalarType.Float64));
        }

        // Count 0: a batch of nothing but padding.
        var mean = values.sum(over, keepdim: true).div_(Math.Max(count, 1));
        var deviations = values - mean;
        if (positions is not null) deviations.mul_(positions);
        return new(
            count,
            mean.squeeze(0),
            deviations.pow_(2).sum(over, keepdim: true).squeeze(0),
            values.ne(0).sum(over, keepdim: true, type: ScalarType.Float64).squeeze(0));
    }

    /// <summary>Takes in the moments of further values, whatever device they lie on.</summary>
    public void Add(Moments other)
    {
        if (other.Count == 0) return;
        using var scope = NewDisposeScope();
        double count = Count + other.Count;

        // Scalars of our own: what is changed in place cannot be computed once more (see LostScalar).
        using Scalar one = 1.0.ToScalar(), minusOne = (-1.0).ToScalar();
        using var share = (other.Count / count).ToScalar();
        using var weight = (Count * other.Count / count).ToScalar();
        var difference = other.Mean.to(Mean.device).add(Mean, minusOne);
        Mean.add_(difference, share);
        SquaredDeviations.add_(other.SquaredDeviations.to(Mean.device), one).addcmul_(difference, difference, weight);
        NonZero.add_(other.NonZero.to(Mean.device), one);
        Count = count;
    }

    public Moments Copy() => this with { Mean = Mean.clone(), SquaredDeviations = SquaredDeviations.clone(), NonZero = NonZero.clone() };

    /// <summary>Takes the tensors out of the dispose scope.</summary>
    public Moments Detach()
    {
        Mean.DetachFromDisposeScope();
        SquaredDeviations.DetachFromDisposeScope();
        NonZero.DetachFromDisposeScope();
        return this;
    }

    public void Save(BinaryWriter writer)
    {
        Shapes.Write(writer, Mean.shape);
        writer.Write(Count);
        StatisticsStream.Write(writer, Mean);
        StatisticsStream.Write(writer, SquaredDeviations);
        StatisticsStream.Write(writer, NonZero);
    }

    public static Moments Load(BinaryReader reader)
    {
        long[] shape = StatisticsStream.ReadShape(reader);
        double count = reader.ReadDouble();
        if (!(count >= 0 && double.IsFinite(count))) throw new InvalidDataException($"An accumulator with {count} values.");
        using var scope = NewDisposeScope();
        var moments = new Moments(count, Read(), Read(), Read());
        bool valid = moments.Mean.isfinite().all().item<bool>()
            && moments.SquaredDeviations.isfinite().logical_and(moments.SquaredDeviations.ge(0)).all().item<bool>()
            && moments.NonZero.ge(0).logical_and(moments.NonZero.le(count)).all().item<bool>();
        return valid ? moments.Detach() : throw new InvalidDataException("An accumulator with sums that no data can give.");

        Tensor Read() => StatisticsStream.Read(reader, ScalarType.Float64, shape);
    }

    public void Dispose()
    {
        Mean.Dispose();
        SquaredDeviations.Dispose();
        NonZero.Dispose();
    }
}
