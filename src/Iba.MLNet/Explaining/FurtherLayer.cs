using Iba.Torch;

namespace Iba.MLNet;

/// <summary>A further layer of the network, at which the same rows are explained.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="ChannelDimension">The dimension of the channels in its features; 0: there are none.</param>
/// <param name="Method">What explains them there; disposed by the explainer.</param>
/// <param name="Fingerprint">The fingerprint of the layer and what lies before it, as it was at Fit; null: not known.</param>
internal sealed record FurtherLayer(string Layer, int ChannelDimension, AttributionMethod Method, string? Fingerprint);
