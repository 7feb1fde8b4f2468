using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The per-sample bottleneck (Schulz et al. 2020, section 3.2), for many rows at once.</summary>
public sealed class PerSampleBottleneck
{
    /// <param name="network">The network, cut at the layer; not disposed.</param>
    /// <param name="statistics">The layer's statistics; not disposed.</param>
    /// <param name="options">Options; null: the defaults. Copied.</param>
    public PerSampleBottleneck(SplitNetwork network, LayerStatistics statistics, BottleneckOptions? options = null) => throw new NotImplementedException();

    /// <summary>Optimises, for each row, how much of each feature may pass.</summary>
    /// <param name="activation">What the head computed for N rows.</param>
    /// <param name="targets">int64 <c>[N]</c>: the class to explain for each row; null: the predicted class.</param>
    /// <param name="mask">bool <c>[N, positions...]</c>: which positions exist (padding carries 0 bits). Null: all.</param>
    /// <returns>The result, disposed by the caller.</returns>
    public BottleneckResult Explain(Activation activation, Tensor? targets = null, Tensor? mask = null) => throw new NotImplementedException();
}
