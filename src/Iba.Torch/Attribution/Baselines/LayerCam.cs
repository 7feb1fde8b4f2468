namespace Iba.Torch;

/// <summary>
/// LayerCAM (Jiang et al. 2021, equations 7 and 8): the features of a layer, each weighted by its own gradient where that is above 0, summed
/// over the channels: sum_c max(g, 0) a. It can be taken at early layers too, which draw finer.
/// </summary>
/// <param name="keepNegative">
/// Whether negative sums stay (only where the layer is not behind a ReLU); else they become 0, as in the paper. Default: false.
/// </param>
/// <inheritdoc cref="GradCam" path="/remarks"/>
public sealed class LayerCam(bool keepNegative = false) : AttributionMethod
{
    internal const string MethodName = "layer-cam";

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Relative;

    /// <inheritdoc/>
    public override bool IsSigned => keepNegative;

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(keepNegative);
    }

    internal static LayerCam Load(BinaryReader reader) => new(reader.ReadBoolean());

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        var layer = LayerGradient.Of(pass);
        var map = (layer.Gradient.relu() * layer.Features).sum([layer.ChannelDimension]);
        return new Attribution(pass, keepNegative ? map : map.relu());
    }
}
