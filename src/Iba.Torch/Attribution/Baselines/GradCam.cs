namespace Iba.Torch;

/// <summary>
/// Grad-CAM (Selvaraju et al. 2017, equations 1 and 2): the channels of a layer, weighted by the mean of the score's gradient over the
/// positions of each, and summed.
/// </summary>
/// <param name="keepNegative">
/// Whether places that speak against the target keep their negative values; else they become 0, as in the paper. Default: false.
/// </param>
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

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        var weights = pass.MeanOverPositions(pass.Gradient(pass.Features.unsqueeze(1)).squeeze(1));
        var (values, channels) = pass.Arrange(weights * pass.Features);
        var map = values.sum([channels]);
        return new Attribution(pass, keepNegative ? map : map.relu());
    }
}
