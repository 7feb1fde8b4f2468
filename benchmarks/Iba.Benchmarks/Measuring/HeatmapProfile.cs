namespace Iba.Benchmarks;

/// <summary>Where the time of one heat map goes, in milliseconds.</summary>
internal sealed record HeatmapProfile
{
    /// <summary>The whole heat map, T steps.</summary>
    public required double Whole { get; init; }

    /// <summary>The head, on one image.</summary>
    public required double Head { get; init; }

    /// <summary>The tail on the features without noise.</summary>
    public required double Clean { get; init; }

    /// <summary>One step: mask, noisy copies, tail forward and backward, gradient of the mask, Adam.</summary>
    public required double Step { get; init; }

    /// <summary>In a step: the tail forward.</summary>
    public required double TailForward { get; init; }

    /// <summary>In a step: the tail backward.</summary>
    public required double TailBackward { get; init; }

    /// <summary>In a step: the mask and its smoothing, forward.</summary>
    public required double Mask { get; init; }

    /// <summary>In a step: the capacity, forward.</summary>
    public required double Capacity { get; init; }

    /// <summary>In a step: from the gradients of capacity and noisy copies to that of the mask.</summary>
    public required double MaskGradient { get; init; }

    /// <summary>In a step: Adam.</summary>
    public required double Adam { get; init; }

    /// <summary>The tail's parts, by kind.</summary>
    public required PartTime[] TailParts { get; init; }

    /// <summary>The share of the network's multiplications that lies in the head.</summary>
    public required double HeadShare { get; init; }

    /// <summary>What this machine reaches on a large convolution, in GFLOP/s.</summary>
    public required double BestRate { get; init; }
}
