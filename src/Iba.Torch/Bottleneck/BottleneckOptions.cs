using System.Runtime.CompilerServices;

namespace Iba.Torch;

/// <summary>Options of <see cref="PerSampleBottleneck"/>; the defaults are the paper's (Schulz et al. 2020, section 3.2 and appendix).</summary>
public sealed class BottleneckOptions
{
    /// <summary>Weight of the information term against the model's loss (beta, equation 5). 0 to 1e9; default 10. Larger passes less.</summary>
    public double Beta { get; set; } = BottleneckDefaults.Beta;

    /// <summary>Optimisation steps (T). 1 to 1,000,000; default 10.</summary>
    public int Steps { get; set; } = BottleneckDefaults.Steps;

    /// <summary>Noisy copies of each image per step (K). 1 to 1,000,000; default 10.</summary>
    public int NoiseCopies { get; set; } = BottleneckDefaults.NoiseCopies;

    /// <summary>Adam's learning rate. Above 0, up to 1e6; default 1.</summary>
    public double LearningRate { get; set; } = BottleneckDefaults.LearningRate;

    /// <summary>Start of alpha everywhere, -60 to 60; lambda = sigmoid(alpha). Default 5 (lambda 0.993: nearly everything passes).</summary>
    public double InitialAlpha { get; set; } = BottleneckDefaults.InitialAlpha;

    /// <summary>
    /// Standard deviation of the Gaussian that smooths the mask, in positions of the layer, 0 to 1000. 0 switches it off; default 1.
    /// </summary>
    public double Sigma { get; set; } = BottleneckDefaults.Sigma;

    /// <summary>Lower bound of the standard deviations. 1e-9 to 1e9; default 0.01.</summary>
    public double MinStd { get; set; } = BottleneckDefaults.MinStd;

    /// <summary>Whether noisy features are clamped at 0, as after a ReLU. Default false.</summary>
    public bool ClampToRelu { get; set; }

    /// <summary>Seed of the noise. The same for every image: a result depends on the image and on this, not on batch or order. Default 0.</summary>
    public long Seed { get; set; }

    /// <summary>What the tail's outputs are. Default <see cref="OutputKind.Auto"/>.</summary>
    public OutputKind Output { get; set; } = OutputKind.Auto;

    /// <summary>The model's loss, which weighs against the information. Default <see cref="BottleneckLoss.CrossEntropy"/>, the paper's.</summary>
    public BottleneckLoss Loss { get; set; } = BottleneckLoss.CrossEntropy;

    /// <summary>
    /// At most this many rows go through the tail at once (each with <see cref="NoiseCopies"/> copies), to bound memory. 0: no bound.
    /// At least 0; default 0. Out of memory halves it, see <see cref="PerSampleBottleneck.RowsPerPass"/>. Results are the same up to
    /// rounding, which differs by the number of rows and which the first steps amplify, behind deep networks to a thousandth of the largest
    /// value. 1 gives a row the same bits in every batch.
    /// </summary>
    public int MaxRowsPerPass { get; set; }

    /// <summary>
    /// About how much memory the rows that go through the tail at once may take together, in bytes; as many rows as fit make a pass. It is
    /// an estimate from the sizes of the tail's results for one row, <see cref="NoiseCopies"/> copies, their gradients and the mask. Not
    /// in it: weights, the head, noise that is kept (256 MiB at most), and one row, which goes through alone if it takes more. 0: no
    /// bound. At least 0; default 0. Results are the same up to rounding, see <see cref="MaxRowsPerPass"/>.
    /// </summary>
    public long MemoryBudget { get; set; }

    /// <summary>
    /// Whether <see cref="BottleneckResult.ProbabilitiesWithBottleneck"/> is measured under the finished mask, for one more forward pass
    /// of the tail; else it is what the last step saw, before the last update. Default false.
    /// </summary>
    public bool EvaluateFinishedMask { get; set; }

    /// <summary>Throws when an option is out of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, the value found and the values allowed.</exception>
    internal void Validate()
    {
        Require(Beta is >= 0 and <= 1e9, Beta, "0 to 1e9");
        Require(Steps is >= 1 and <= 1_000_000, Steps, "1 to 1,000,000");
        Require(NoiseCopies is >= 1 and <= 1_000_000, NoiseCopies, "1 to 1,000,000");
        Require(LearningRate is > 0 and <= 1e6, LearningRate, "above 0, up to 1e6");
        Require(Math.Abs(InitialAlpha) <= 60, InitialAlpha, "-60 to 60");
        Require(Sigma is >= 0 and <= 1000, Sigma, "0 (off) to 1000");
        Require(MinStd is >= 1e-9 and <= 1e9, MinStd, "1e-9 to 1e9");
        Require(Enum.IsDefined(Output), Output, string.Join(", ", Enum.GetNames<OutputKind>()));
        Require(Loss is not null, Loss, string.Join(", ", BottleneckLoss.All.Select(loss => loss.Name)) + " or a loss of your own");
        Require(MaxRowsPerPass >= 0, MaxRowsPerPass, "0 (no bound) or more");
        Require(MemoryBudget >= 0, MemoryBudget, "0 (no bound) or more bytes");

        static void Require<T>(bool holds, T value, string allowed, [CallerArgumentExpression(nameof(value))] string name = "")
        {
            if (!holds) throw new ArgumentOutOfRangeException(name, value, $"{name} is {value?.ToString() ?? "null"}; allowed: {allowed}.");
        }
    }

    /// <summary>A copy, which later changes of this one do not reach.</summary>
    internal BottleneckOptions Copy() => (BottleneckOptions)MemberwiseClone();
}
