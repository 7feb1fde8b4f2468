using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Occlusion (Zeiler and Fergus 2014, section 4.2): how much the target's score falls when a window of the input is replaced by the row's
/// own mean of each channel. Windows do not overlap; the last of a line is cut at the border.
/// </summary>
/// <param name="window">The side of the windows, in positions of the input. At least 1; default 14.</param>
public sealed class Occlusion(int window = 14) : AttributionMethod
{
    internal const string MethodName = "occlusion";

    private readonly int _window = window >= 1
        ? window
        : throw new ArgumentOutOfRangeException(nameof(window), window, $"The window is {window}; allowed: at least 1.");

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Score;

    /// <inheritdoc/>
    public override bool IsSigned => true;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(_window);
    }

    internal static Occlusion Load(BinaryReader reader) => new(reader.ReadInt32());

    private protected override void CheckRows(SplitNetwork network, Activation activation, AttributionRequest request)
    {
        if (Shapes.PositionDimensions(activation.Features.dim(), request.ChannelDimension).Length > 0) return;
        throw new ArgumentException(
            $"Features {Shapes.Format(activation.Features.shape)} of '{network.LayerName}' have no positions to occlude: where each value is a position " +
            $"of its own, set {nameof(request.ChannelDimension)} to 0; else cut at an earlier layer.",
            nameof(request));
    }

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var grad = no_grad();
        var fill = pass.MeanOverPositions(pass.Features);
        var before = pass.Scores(pass.Features.unsqueeze(1)).squeeze(1);
        var map = zeros_like(pass.Features);
        foreach (var (start, length) in Windows(pass.Features.shape, pass.PositionDimensions))
        {
            using var scope = NewDisposeScope();
            var occluded = pass.Features.clone();
            Within(occluded).copy_(fill.expand(Within(occluded).shape));
            var drop = before - pass.Scores(occluded.unsqueeze(1)).squeeze(1);
            Within(map).copy_(drop.view([-1, .. Enumerable.Repeat(1L, (int)map.dim() - 1)]).expand(Within(map).shape));

            Tensor Within(Tensor tensor)
                => pass.PositionDimensions.Select((dimension, axis) => (dimension, axis))
                    .Aggregate(tensor, (part, at) => part.narrow(at.dimension, start[at.axis], length[at.axis]));
        }

        var (values, channels) = pass.Arrange(map);
        return new Attribution(pass, values.select(channels, 0));
    }

    private IEnumerable<(long[] Start, long[] Length)> Windows(long[] shape, IReadOnlyList<int> dimensions)
    {
        IEnumerable<long[]> starts = [[]];
        foreach (int dimension in dimensions)
        {
            long size = shape[dimension];
            starts = starts.SelectMany(before => Enumerable.Range(0, (int)((size + _window - 1) / _window)).Select(index => (long[])[.. before, (long)index * _window]));
        }

        return starts.Select(start => (start, start.Select((first, axis) => Math.Min(_window, shape[dimensions[axis]] - first)).ToArray()));
    }
}
