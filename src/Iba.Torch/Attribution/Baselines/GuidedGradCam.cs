using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Guided Grad-CAM (Selvaraju et al. 2017, section 3.2): guided backpropagation at the input, multiplied by the rectified Grad-CAM of a layer
/// that is stretched bilinearly over the input. The map is the largest absolute value over the channels.
/// </summary>
/// <inheritdoc cref="GuidedBackpropagation" path="/remarks"/>
public sealed class GuidedGradCam : AttributionMethod
{
    internal const string MethodName = "guided-grad-cam";

    private readonly string _layer;

    /// <param name="layer">The layer of the Grad-CAM, a name out of <see cref="Network.Layers"/>: the last with positions, as a rule. The network itself is cut at the input.</param>
    public GuidedGradCam(string layer)
    {
        ArgumentException.ThrowIfNullOrEmpty(layer);
        _layer = layer;
    }

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Relative;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <inheritdoc/>
    /// <remarks>It cuts the network anew for each pass, which one thread may do at a time.</remarks>
    public override bool CanRunInParallel => false;

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(_layer);
    }

    internal static GuidedGradCam Load(BinaryReader reader) => new(reader.ReadString());

    private protected override void CheckRows(SplitNetwork network, Activation activation, AttributionRequest request)
        => GuidedBackpropagation.CheckRectifiers(this, network);

    /// <summary>The product for each feature of the input.</summary>
    internal Tensor PerFeature(AttributionPass pass)
    {
        long[] size = pass.PositionDimensions.Select(dimension => pass.Features.shape[dimension]).ToArray();
        var map = pass.At(_layer, layer => MapResizing.Resize(GradCam.Signed(layer).relu(), MapUnit.Relative, size));
        return pass.GuidedGradient() * (pass.ChannelDimension == 0 ? map : map.unsqueeze(pass.ChannelDimension));
    }

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return new Attribution(pass, ChannelReduction.LargestAbsolute(pass, PerFeature(pass)));
    }
}
