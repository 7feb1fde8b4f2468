namespace Iba.Torch;

/// <summary>
/// How alike two maps are; each number is -1 to 1, 1 for equal maps. NaN where it is not defined: a map holds NaN, is 0 everywhere or smaller than the
/// window (SSIM), or is constant (Spearman).
/// </summary>
/// <param name="Ssim">SSIM of the signed maps, windows of 7 x 7.</param>
/// <param name="SsimGaussian">SSIM of the signed maps, Gaussian windows of deviation 1.5.</param>
/// <param name="Spearman">Rank correlation of the signed maps.</param>
/// <param name="AbsoluteSsim">SSIM of the absolute values, windows of 7 x 7.</param>
/// <param name="AbsoluteSsimGaussian">SSIM of the absolute values, Gaussian windows.</param>
/// <param name="AbsoluteSpearman">Rank correlation of the absolute values.</param>
public sealed record MapSimilarity(
    double Ssim, double SsimGaussian, double Spearman, double AbsoluteSsim, double AbsoluteSsimGaussian, double AbsoluteSpearman);
