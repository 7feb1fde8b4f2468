namespace Iba.Torch;

/// <summary>
/// The element type in which the bottleneck computes the network behind the layer, forwards and backwards. Head, clean prediction, statistics, mask, noise, loss, Adam
/// and capacity are float32 with each of them.
/// </summary>
public enum TailPrecision
{
#pragma warning disable CA1720 // The types' own names, as TorchSharp has them.
    /// <summary>As the network is: float32, or float64.</summary>
    Float32,

    /// <summary>
    /// Convolutions of one group and products with a weight matrix in bfloat16 (8 bits of a number instead of 24), but for the last one, which gives the
    /// logits; what else there is in float32. For networks from ONNX files, on processors with avx512_bf16 or AMX, and CUDA GPUs of compute capability
    /// 8.0 or higher; refused elsewhere. docs/speed.md has the rule.
    /// </summary>
    BFloat16,
#pragma warning restore CA1720

    /// <summary>
    /// <see cref="BFloat16"/> where the machine and the network offer it, else <see cref="Float32"/>: maps then differ between machines by more than rounding of float32.
    /// Pipelines write to the log when they fall back.
    /// </summary>
    Auto,
}
