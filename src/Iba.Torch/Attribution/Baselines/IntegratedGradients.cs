using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Integrated gradients (Sundararajan, Taly, Yan 2017): (x - x0) mean_i g(x0 + a_i (x - x0)) with a_i = (i + 1/2) / steps, the gradient along the
/// straight way from a baseline x0 to the input, summed over the channels.
/// </summary>
/// <remarks>
/// The map distributes f(x) - f(x0) over the positions. A finite number of steps misses some of it, which <see cref="IntegratedGradientsResult"/>
/// reports for each row: networks with many kinks may need hundreds of steps.
/// </remarks>
public sealed class IntegratedGradients : AttributionMethod
{
    internal const string MethodName = "integrated-gradients";

    /// <summary>A part of the way goes through the network at once: its size is fixed, since it changes the rounding.</summary>
    private const int StepsAtOnce = 10;

    private readonly InputBaseline _baseline;
    private readonly int _steps;

    /// <param name="baseline">Where the way begins. Null (default): <see cref="InputBaseline.Zero"/>.</param>
    /// <param name="steps">The number of gradients. At least 1; default 50.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no steps.</exception>
    public IntegratedGradients(InputBaseline? baseline = null, int steps = 50)
    {
        if (steps < 1) throw new ArgumentOutOfRangeException(nameof(steps), steps, $"The number of steps is {steps}; allowed: at least 1.");
        (_baseline, _steps) = (baseline ?? InputBaseline.Zero, steps);
    }

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Score;

    /// <inheritdoc/>
    public override bool IsSigned => true;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <inheritdoc/>
    public override int VersionsPerRow => Math.Min(StepsAtOnce, _steps);

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _baseline.Save(writer);
        writer.Write(_steps);
    }

    internal static IntegratedGradients Load(BinaryReader reader) => new(InputBaseline.Load(reader), reader.ReadInt32());

    /// <summary>The part of each feature.</summary>
    internal Tensor PerFeature(AttributionPass pass) => Way(pass) * MeanGradient(pass);

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var grad = no_grad();
        var parts = PerFeature(pass);
        var scores = pass.Scores(stack([pass.Features, pass.Features - Way(pass)], 1));
        var difference = scores.select(1, 0) - scores.select(1, 1);
        return new IntegratedGradientsResult(pass, ChannelReduction.Sum(pass, parts))
        {
            ScoreDifference = difference,
            CompletenessError = parts.flatten(1).sum([1L]) - difference,
        };
    }

    /// <summary>x - x0; 0 at padding, which stays as it is.</summary>
    private Tensor Way(AttributionPass pass)
    {
        var way = pass.Features - _baseline.For(pass);
        return pass.Mask is null ? way : way.where(Shapes.BroadcastMask(pass.Mask, way, pass.ChannelDimension), zeros_like(way));
    }

    private Tensor MeanGradient(AttributionPass pass)
    {
        var way = Way(pass);
        var start = (pass.Features - way).unsqueeze(1);
        var sum = zeros_like(way);
        for (int first = 0; first < _steps; first += StepsAtOnce)
        {
            using var scope = NewDisposeScope();
            double[] shares = Enumerable.Range(first, Math.Min(StepsAtOnce, _steps - first)).Select(step => (step + 0.5) / _steps).ToArray();
            var along = tensor(shares).to(way.dtype, way.device).view([1, -1, .. Enumerable.Repeat(1L, (int)way.dim() - 1)]);
            sum.add_(pass.Gradient(start + (along * way.unsqueeze(1))).sum([1L]));
        }

        return sum.div_(_steps);
    }
}
