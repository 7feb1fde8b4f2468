using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Grad-CAM (Selvaraju et al. 2017, equations 1 and 2): the channels of a layer, weighted by the mean of the score's gradient over the
/// positions of each, and summed.
/// </summary>
/// <param name="keepNegative">
/// Whether places that speak against the target keep their negative values; else they become 0, as in the paper. Default: false.
/// </param>
/// <remarks>
/// Positions are the places of a picture: where tokens stand for them (a vision transformer), tokens before them (class, registers) count
/// neither in the weights nor in the map. A layer behind the last attention is refused there, since only the class token goes on from it.
/// </remarks>
public sealed class GradCam(bool keepNegative = false) : AttributionMethod
{
    internal const string MethodName = "grad-cam";

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

    internal static GradCam Load(BinaryReader reader) => new(reader.ReadBoolean());

    /// <summary>The map with the values of places that speak against the target.</summary>
    internal static Tensor Signed(AttributionPass pass)
    {
        var layer = LayerGradient.Of(pass);
        return (layer.MeanOverPositions() * layer.Features).sum([layer.ChannelDimension]);
    }

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        var map = Signed(pass);
        return new Attribution(pass, keepNegative ? map : map.relu());
    }
}
