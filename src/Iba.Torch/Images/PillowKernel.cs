namespace Iba.Torch;

/// <summary>The weights of Pillow's resampling along one axis: for each output position a run of input positions, in fixed point.</summary>
internal sealed class PillowKernel
{
    /// <summary>Binary digits after the point: 32 bits less 8 for the byte and 2 for sums above 255.</summary>
    public const int Precision = 22;

    private readonly int[] _weights;
    private readonly int[] _starts;
    private readonly int[] _counts;
    private readonly int _stride;

    /// <summary>Computes the weights for the outputs <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/> - 1.</summary>
    /// <param name="inputSize">The image's size along this axis.</param>
    /// <param name="outputSize">The resized image's size, of which only a part may be wanted.</param>
    /// <param name="first">The first output wanted.</param>
    /// <param name="count">The number of outputs wanted.</param>
    /// <param name="interpolation">The filter.</param>
    public PillowKernel(int inputSize, int outputSize, int first, int count, ImageInterpolation interpolation)
    {
        Func<double, double> filter = interpolation == ImageInterpolation.Bicubic ? Cubic : Triangle;
        double scale = (double)inputSize / outputSize;
        // Shrinking widens the filter, so that every input pixel has its share.
        double stretch = Math.Max(scale, 1);
        double support = (interpolation == ImageInterpolation.Bicubic ? 2 : 1) * stretch;

        _stride = ((int)Math.Ceiling(support) * 2) + 1;
        _weights = new int[checked(_stride * count)];
        _starts = new int[count];
        _counts = new int[count];
        double[] exact = new double[_stride];
        for (int i = 0; i < count; i++)
        {
            double center = (first + i + 0.5) * scale;
            int start = Math.Max((int)(center - support + 0.5), 0);
            int length = Math.Min((int)(center + support + 0.5), inputSize) - start;
            double sum = 0.0;
            for (int k = 0; k < length; k++)
            {
                exact[k] = filter((start + k - center + 0.5) * (1 / stretch));
                sum += exact[k];
            }

            for (int k = 0; k < length; k++)
            {
                // As Pillow rounds: Math.Round differs in the last digit below one half.
                double weight = exact[k] / sum * (1 << Precision);
                _weights[(i * _stride) + k] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }

            (_starts[i], _counts[i]) = (start, length);
        }
    }

    /// <summary>The first input position that any output needs.</summary>
    public int FirstInput => _starts[0];

    /// <summary>One more than the last input position that any output needs.</summary>
    public int EndInput => _starts[^1] + _counts[^1];

    /// <summary>The first input position of an output, counted from the first output wanted.</summary>
    public int Start(int output) => _starts[output];

    /// <summary>The weights of an output, for the inputs from <see cref="Start"/> on.</summary>
    public ReadOnlySpan<int> Weights(int output) => _weights.AsSpan(output * _stride, _counts[output]);

    private static double Triangle(double x) => Math.Max(0, 1 - Math.Abs(x));

    /// <summary>Keys' cubic convolution with a = -0.5.</summary>
    private static double Cubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1 : x < 2 ? ((((x - 5) * x) + 8) * x - 4) * a : 0;
    }
}
