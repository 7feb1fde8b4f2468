using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The order in which the elements of images of features lie in memory: channels first <c>[..., C, H, W]</c> or, faster for libtorch's
/// CPU convolutions, channels last <c>[..., H, W, C]</c>. The dimensions are numbered the same either way, and so are the values.
/// </summary>
internal static class MemoryLayout
{
    /// <summary>Whether features <c>[N, C, H, W]</c> have their channels last.</summary>
    public static bool IsChannelsLast(Tensor features)
        => features.dim() == 4 && !features.is_contiguous() && features.stride() is [_, 1, _, _];

    /// <summary>The values <c>[..., C, H, W]</c>, dense in the wanted order; the tensor itself where it is so already.</summary>
    public static Tensor Dense(Tensor values, bool channelsLast)
        => channelsLast ? values.movedim([-3], [-1]).contiguous().movedim([-1], [-3]) : values.contiguous();
}
