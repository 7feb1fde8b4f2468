namespace Iba.Onnx;

/// <summary>How Resize interpolates, by the names of its attributes.</summary>
/// <param name="Mode">nearest, linear or cubic.</param>
/// <param name="Transformation">How an output's index becomes a coordinate of the input.</param>
/// <param name="NearestMode">How a coordinate becomes an index; "simple" is opset 10's: down when enlarging, up when shrinking.</param>
internal sealed record ResizeMethod(string Mode, string Transformation, string NearestMode)
{
    public double CubicCoefficient { get; init; } = -0.75;

    public bool ExcludeOutside { get; init; }

    public bool Antialias { get; init; }

    public double ExtrapolationValue { get; init; }

    /// <summary>
    /// Whether align_corners aligns the scaled length as it is, and not rounded down to the output's. So do the ONNX project's tests,
    /// which are of opset 19; PyTorch, whose exporters wrote the older files, and OnnxRuntime take the output's.
    /// </summary>
    public bool AlignsScaledLength { get; init; }

    public bool IsNearest => Mode == "nearest";

    public void Check(OperatorCall call)
    {
        if (Mode is not ("nearest" or "linear" or "cubic")) throw call.Error($"mode '{Mode}' is none of nearest, linear, cubic");
        if (NearestMode is not ("round_prefer_floor" or "round_prefer_ceil" or "floor" or "ceil" or "simple"))
            throw call.Error($"nearest_mode '{NearestMode}' is none of round_prefer_floor, round_prefer_ceil, floor, ceil");
        if (Transformation is not ("half_pixel" or "half_pixel_symmetric" or "pytorch_half_pixel" or "align_corners" or "asymmetric" or "tf_crop_and_resize"))
            throw call.Error($"coordinate_transformation_mode '{Transformation}' is not known");
    }

    /// <summary>The taps' weights around a coordinate that lies <paramref name="ratio"/> in (0, 1] after an element.</summary>
    /// <param name="ratio">The distance to the element before.</param>
    /// <param name="scale">Output size over input size: below 1 an antialiasing kernel is widened.</param>
    public double[] Weights(double ratio, double scale)
    {
        double stretch = Antialias ? Math.Min(scale, 1) : 1;
        int reach = Mode == "linear" ? 1 : 2;
        int first = (int)Math.Floor(-reach / stretch) + 1;
        double[] weights = Enumerable.Range(first, (2 * reach) + (2 * (1 - reach - first)))
            .Select(tap => Kernel((tap - ratio) * stretch)).ToArray();
        double sum = Antialias ? weights.Sum() : 1;
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    private double Kernel(double distance)
    {
        var (x, a) = (Math.Abs(distance), CubicCoefficient);
        if (Mode == "linear") return Math.Max(0, 1 - x);
        return x <= 1 ? (((a + 2) * x) - (a + 3)) * x * x + 1
            : x < 2 ? (((a * x) - (5 * a)) * x + (8 * a)) * x - (4 * a)
            : 0;
    }
}
