using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The blur of RISE's insertion (Petsiuk et al. 2018, their code): a Gaussian of deviation 5, cut at 20 and folded back into a window of 11 at
/// its edges, which makes it nearly flat. Beyond the picture it reads zeros.
/// </summary>
internal static class RiseBlur
{
    private const int Window = 11;
    private const int Centre = Window / 2;
    private const int Radius = 20;
    private const double Deviation = 5;

    /// <summary>The weights along one axis; they sum to 1.</summary>
    public static double[] Weights()
    {
        double[] gaussian = [.. Enumerable.Range(-Radius, (2 * Radius) + 1).Select(distance => Math.Exp(-distance * distance / (2 * Deviation * Deviation)))];
        double total = gaussian.Sum();
        // Mirrored at its edges, the window repeats with twice its length: the centre lies there as itself and as its mirror image.
        return
        [
            .. Enumerable.Range(0, Window).Select(place => Enumerable.Range(-Radius, (2 * Radius) + 1)
                .Where(distance => Wrap(place + distance) is Centre or (2 * Window) - 1 - Centre)
                .Sum(distance => gaussian[distance + Radius]) / total),
        ];

        static int Wrap(int place) => (((place % (2 * Window)) + (2 * Window)) % (2 * Window));
    }

    /// <summary>Pictures, blurred; in the dispose scope around the call.</summary>
    /// <param name="pictures"><c>[M, H, W]</c>.</param>
    public static Tensor Apply(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var weights = tensor(Weights(), dtype: ScalarType.Float32).to(pictures.device);
        var blurred = pictures.to(ScalarType.Float32).unsqueeze(1);
        blurred = nn.functional.conv2d(blurred, weights.view(1, 1, Window, 1), padding: [Centre, 0]);
        blurred = nn.functional.conv2d(blurred, weights.view(1, 1, 1, Window), padding: [0, Centre]);
        return blurred.squeeze(1).to(pictures.dtype).MoveToOuterDisposeScope();
    }
}
