using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>One row of <see cref="EvaluationRows"/>, and what the network says of versions of its input. Tensors belong to the dispose scope around the calls.</summary>
/// <param name="rows">The rows.</param>
/// <param name="index">Which of them.</param>
/// <param name="cancellation">Ends the work between two passes.</param>
internal sealed class EvaluationRow(EvaluationRows rows, int index, CancellationToken cancellation) : IDisposable
{
    private readonly Activation _activation = rows.Slice(index);

    /// <summary>The explained input, <c>[1, ...]</c>.</summary>
    public Tensor Input => _activation.Features;

    /// <summary>Whether the row has a class whose score can be asked.</summary>
    public bool HasTarget => rows.Targets[index] >= 0;

    /// <summary>The positions that exist, by their row-major indices.</summary>
    public int[] Positions()
    {
        int all = (int)rows.Positions.Aggregate(1L, (product, size) => product * size);
        if (rows.Mask is null) return [.. Enumerable.Range(0, all)];
        bool[] exists = MapRows.OfMask(rows.Mask, index);
        return [.. Enumerable.Range(0, all).Where(position => exists[position])];
    }

    /// <summary>The input with something else in every position, <c>[1, ...]</c>.</summary>
    public Tensor Filled(PixelFill fill)
    {
        switch (fill)
        {
            case PixelFill.Zero:
                return zeros_like(Input);
            case PixelFill.ChannelMean:
                long[] positions = [.. Shapes.PositionDimensions(Input.dim(), rows.ChannelDimension)];
                var values = Input.to(ScalarType.Float64);
                var mean = rows.Mask is null ? values.mean(positions, keepdim: true) : MeanWithin(values, positions);
                return (Input.is_floating_point() ? mean : mean.round()).to(Input.dtype).expand(Input.shape);
            default:
                bool hasChannels = rows.ChannelDimension > 0;
                var pictures = hasChannels ? Input[0].movedim([rows.ChannelDimension - 1], [0]) : Input;
                var blurred = RiseBlur.Apply(Input.is_floating_point() ? pictures : pictures.to(ScalarType.Float32));
                blurred = hasChannels ? blurred.movedim([0], [rows.ChannelDimension - 1]).unsqueeze(0) : blurred;
                return (Input.is_floating_point() ? blurred : blurred.round()).to(Input.dtype);
        }
    }

    /// <summary>The target's probability while more and more positions change from one input to another.</summary>
    /// <param name="places">At which place each position changes, counted from 0.</param>
    /// <param name="counts">How many places have changed, at each point of the curve.</param>
    /// <param name="from">The input before, <c>[1, ...]</c>.</param>
    /// <param name="to">The input after, the same shape.</param>
    public double[] Probabilities(int[] places, IReadOnlyList<int> counts, Tensor from, Tensor to)
    {
        var place = AtPositions(tensor(places).view([1, .. rows.Positions]).to(Input.device));
        return rows.Ask(_activation, index, counts.Count, probabilities: true, (first, count) =>
        {
            int[] reached = [.. counts.Skip(first).Take(count)];
            long[] shape = [count, .. Enumerable.Repeat(1L, (int)Input.dim() - 1)];
            return to.where(place.lt(tensor(reached).to(Input.device).view(shape)), from);
        }, cancellation);
    }

    /// <summary>The target's score for versions of the input.</summary>
    /// <param name="count">The number of versions.</param>
    /// <param name="versions">Makes versions <c>[K, ...]</c>: told the first, and how many.</param>
    public double[] Scores(int count, Func<int, int, Tensor> versions)
        => rows.Ask(_activation, index, count, probabilities: false, versions, cancellation);

    /// <summary>Values of the positions, <c>[K, positions...]</c>, broadcastable to versions of the input.</summary>
    public Tensor AtPositions(Tensor values) => rows.ChannelDimension == 0 ? values : values.unsqueeze(rows.ChannelDimension);

    /// <inheritdoc/>
    public void Dispose() => _activation.Dispose();

    private Tensor MeanWithin(Tensor values, long[] positions)
    {
        var exists = Shapes.BroadcastMask(rows.Mask!.narrow(0, index, 1), values, rows.ChannelDimension);
        return values.where(exists, zeros_like(values)).sum(positions, keepdim: true) / exists.sum(positions, keepdim: true);
    }
}
