using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Smooths masks over the positions of a layer (Schulz et al. 2020, section 3.2): channel by channel, weights
/// <c>exp(-d^2 / 2 sigma^2)</c> normalised, over <c>2 round(2 sigma) + 1</c> positions along each axis.
/// </summary>
/// <remarks>
/// Borders mirror; an axis not longer than <c>round(2 sigma)</c> repeats its border instead. Where positions are masked, each row is
/// smoothed as if it ended where its mask ends. The matrices belong to the dispose scope around the constructor.
/// </remarks>
internal sealed class GaussianSmoothing
{
    private readonly List<(long Rows, AxisSmoothing[] Axes)> _groups = [];

    /// <summary>Prepares the smoothing of tensors of one shape.</summary>
    /// <param name="sigma">In positions, above 0.</param>
    /// <param name="shape"><c>[N, ...]</c>.</param>
    /// <param name="channelDimension">The dimension that is not smoothed, beside dimension 0.</param>
    /// <param name="positions">bool <c>[N, positions...]</c>: which positions exist; null: all.</param>
    /// <param name="type">The type of the tensors.</param>
    /// <param name="device">The device of the tensors.</param>
    public GaussianSmoothing(double sigma, long[] shape, int channelDimension, Tensor? positions, ScalarType type, Device device)
    {
        double[] kernel = Kernel(sigma);
        int[] dimensions = Shapes.PositionDimensions(shape.Length, channelDimension);
        if (positions is null)
        {
            _groups.Add((shape[0], dimensions.Select(d => Axis(d, Enumerable.Repeat(true, (int)shape[d]).ToArray())).ToArray()));
            return;
        }

        for (long row = 0; row < shape[0]; row++)
        {
            bool[][] exists = PositionMask.Axes(positions[row]);
            _groups.Add((1, dimensions.Select((d, i) => Axis(d, exists[i])).ToArray()));
        }

        AxisSmoothing Axis(int dimension, bool[] exists) => new(dimension, exists, kernel, type, device);
    }

    /// <summary>The smoothed tensor, of the same shape.</summary>
    public Tensor Apply(Tensor values)
        => ByGroup(values, (axes, rows) => axes.Aggregate(rows, (smoothed, axis) => axis.Apply(smoothed)));

    /// <summary>The gradient with respect to the values, from that with respect to the smoothed tensor.</summary>
    public Tensor ApplyTransposed(Tensor gradient)
        => ByGroup(gradient, (axes, rows) => axes.Reverse().Aggregate(rows, (partial, axis) => axis.ApplyTransposed(partial)));

    private Tensor ByGroup(Tensor values, Func<IEnumerable<AxisSmoothing>, Tensor, Tensor> apply)
    {
        if (_groups.Count == 1) return apply(_groups[0].Axes, values);
        long start = 0;
        var parts = new List<Tensor>(_groups.Count);
        foreach (var (rows, axes) in _groups)
        {
            parts.Add(apply(axes, values.narrow(0, start, rows)));
            start += rows;
        }

        return cat(parts, 0);
    }

    internal static double[] Kernel(double sigma)
    {
        int reach = (int)Math.Round(2 * sigma, MidpointRounding.ToEven);
        double[] weights = Enumerable.Range(-reach, 2 * reach + 1).Select(d => Math.Exp(-d * d / (2 * sigma * sigma))).ToArray();
        double sum = weights.Sum();
        return weights.Select(weight => weight / sum).ToArray();
    }
}
