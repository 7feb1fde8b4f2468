using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Occlusion (Zeiler and Fergus 2014, section 4.2): how much the target's score falls when a window of the input is replaced. Windows do not
/// overlap; the last of a line is cut at the border.
/// </summary>
/// <param name="window">The side of the windows, in positions of the input. At least 1; default 14.</param>
/// <param name="fill">What a window is replaced by. Null (default): <see cref="InputBaseline.ChannelMean"/>.</param>
public sealed class Occlusion(int window = 14, InputBaseline? fill = null) : AttributionMethod
{
    internal const string MethodName = "occlusion";

    private readonly InputBaseline _fill = fill ?? InputBaseline.ChannelMean;
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
    internal override AttributionMethod Trial => new Occlusion(int.MaxValue, _fill);

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(_window);
        _fill.Save(writer);
    }

    internal static Occlusion Load(BinaryReader reader) => new(reader.ReadInt32(), InputBaseline.Load(reader));

    private protected override void CheckRows(SplitNetwork network, Activation activation, AttributionRequest request)
        => Shapes.CheckPositions(network, activation, request.ChannelDimension, "occlude");

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var grad = no_grad();
        var fill = _fill.For(pass).expand(pass.Features.shape);
        var before = pass.Scores(pass.Features.unsqueeze(1)).squeeze(1);
        var map = zeros_like(pass.Features);
        foreach (var within in Windows(pass.Features.shape, pass.PositionDimensions))
        {
            using var scope = NewDisposeScope();
            var occluded = pass.Features.clone();
            within(occluded).copy_(within(fill));
            var drop = before - pass.Scores(occluded.unsqueeze(1)).squeeze(1);
            within(map).copy_(drop.view([-1, .. Enumerable.Repeat(1L, (int)map.dim() - 1)]).expand(within(map).shape));
        }

        var (values, channels) = pass.Arrange(map);
        return new Attribution(pass, values.select(channels, 0));
    }

    /// <summary>The windows, each as what narrows a tensor to it; the last dimension changes fastest.</summary>
    private IEnumerable<Func<Tensor, Tensor>> Windows(long[] shape, IReadOnlyList<int> dimensions)
        => dimensions.Aggregate<int, IEnumerable<Func<Tensor, Tensor>>>([tensor => tensor], (windows, dimension) =>
            from within in windows
            from index in Enumerable.Range(0, (int)((shape[dimension] + _window - 1) / _window))
            let start = (long)index * _window
            select (Func<Tensor, Tensor>)(tensor => within(tensor).narrow(dimension, start, Math.Min(_window, shape[dimension] - start))));
}
