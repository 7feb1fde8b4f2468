using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What a tail is computed in, of what was asked for.</summary>
/// <param name="Precision"><see cref="TailPrecision.Float32"/> or <see cref="TailPrecision.BFloat16"/>.</param>
/// <param name="Objection">Why it is not bfloat16 though that was allowed, as a clause; null: it is, or was not asked for.</param>
internal sealed record TailPrecisionChoice(TailPrecision Precision, string? Objection)
{
    /// <summary>That of whoever asks for nothing else.</summary>
    public static TailPrecisionChoice Float32 { get; } = new(TailPrecision.Float32, null);

    /// <summary>How the tail is run.</summary>
    public TailMode Mode => Precision == TailPrecision.BFloat16 ? TailMode.BFloat16 : TailMode.Plain;

    /// <summary>What a log says of it; null: nothing.</summary>
    public string? Warning => Objection is null ? null
        : $"{nameof(TailPrecision)} is {TailPrecision.Auto}, and the tail is computed in {Precision}: {Objection}. Where bfloat16 is offered, maps differ from these by more than rounding of float32.";

    /// <summary>Chooses for a cut.</summary>
    /// <param name="options">What is asked for, and what is known of the machine.</param>
    /// <param name="network">The cut.</param>
    /// <param name="device">Where the network lies.</param>
    /// <exception cref="NotSupportedException">bfloat16 was asked for, and the network or the device does not have it.</exception>
    public static TailPrecisionChoice Of(BottleneckOptions options, SplitNetwork network, Device device)
    {
        if (options.TailPrecision == TailPrecision.Float32) return Float32;
        if ((network.BFloat16Objection ?? options.BFloat16Support.Lacking(device)) is not { } objection) return new(TailPrecision.BFloat16, null);
        if (options.TailPrecision == TailPrecision.Auto) return new(TailPrecision.Float32, objection);
        throw new NotSupportedException(
            $"{nameof(TailPrecision)} is {TailPrecision.BFloat16}, but {objection}. Take {TailPrecision.Float32}, or {TailPrecision.Auto}, which takes that by itself where bfloat16 is not offered.");
    }
}
