namespace Iba.Torch;

/// <summary>How a tail is run.</summary>
internal enum TailMode
{
    /// <summary>As the network says, by <see cref="SplitNetwork.Tail"/>.</summary>
    Plain,

    /// <summary>With rectifiers that hand back only what is above 0 of a gradient, by <see cref="SplitNetwork.GuidedTail"/>.</summary>
    Guided,

    /// <summary>With convolutions and products in bfloat16, by <see cref="SplitNetwork.BFloat16Tail"/>.</summary>
    BFloat16,
}
