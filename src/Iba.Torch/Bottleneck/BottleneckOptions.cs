namespace Iba.Torch;

/// <summary>Options of <see cref="PerSampleBottleneck"/>; the defaults are the paper's (Schulz et al. 2020, section 3.2 and appendix).</summary>
public sealed class BottleneckOptions
{
    /// <summary>Weight of the information term against the model's loss (beta, equation 5). At least 0; default 10. Larger passes less.</summary>
    public double Beta { get; set; } = 10;

    /// <summary>Optimisation steps (T). At least 1; default 10.</summary>
    public int Steps { get; set; } = 10;

    /// <summary>Noisy copies of each image per step (K). At least 1; default 10.</summary>
    public int NoiseCopies { get; set; } = 10;

    /// <summary>Adam's learning rate. Above 0; default 1.</summary>
    public double LearningRate { get; set; } = 1;

    /// <summary>Start of alpha everywhere; lambda = sigmoid(alpha). Default 5 (lambda 0.993: nearly everything passes).</summary>
    public double InitialAlpha { get; set; } = 5;

    /// <summary>Standard deviation of the Gaussian that smooths the mask, in positions of the layer. 0 switches it off; default 1.</summary>
    public double Sigma { get; set; } = 1;

    /// <summary>Lower bound of the standard deviations. Above 0; default 0.01.</summary>
    public double MinStd { get; set; } = 0.01;

    /// <summary>Whether noisy features are clamped at 0, as after a ReLU. Default false.</summary>
    public bool ClampToRelu { get; set; }

    /// <summary>Seed of the noise. The same for every image: a result depends on the image and on this, not on batch or order. Default 0.</summary>
    public long Seed { get; set; }

    /// <summary>What the tail's outputs are. Default <see cref="OutputKind.Auto"/>.</summary>
    public OutputKind Output { get; set; } = OutputKind.Auto;
}
