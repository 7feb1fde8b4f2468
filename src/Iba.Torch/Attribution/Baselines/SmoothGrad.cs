using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// SmoothGrad (Smilkov et al. 2017): the mean gradient over K noisy versions of the input, mean_k g(x + s n_k) with normal noise n_k and
/// s = level (max x - min x) of the row. The map is the largest absolute value over the channels.
/// </summary>
/// <remarks>The noise comes from the seed alone, the same for every row: a row's map does not depend on batch, order or process.</remarks>
public sealed class SmoothGrad : AttributionMethod
{
    internal const string MethodName = "smooth-grad";

    /// <summary>A part of the versions goes through the network at once: its size is fixed, since it changes the rounding.</summary>
    private const int VersionsAtOnce = 10;

    private readonly int _samples;
    private readonly double _noiseLevel;
    private readonly long _seed;
    private readonly NoiseSource _noise;

    /// <param name="samples">The number of noisy versions, K. At least 1; default 50.</param>
    /// <param name="noiseLevel">The noise's standard deviation, as a share of the row's range of values. Above 0; default 0.15, the paper's 10 to 20 %.</param>
    /// <param name="seed">The seed of the noise. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public SmoothGrad(int samples = 50, double noiseLevel = 0.15, long seed = 0)
        : this(samples, noiseLevel, seed, new SeededNoise(seed))
    {
    }

    internal SmoothGrad(int samples, double noiseLevel, long seed, NoiseSource noise)
    {
        if (samples < 1) throw new ArgumentOutOfRangeException(nameof(samples), samples, $"The number of samples is {samples}; allowed: at least 1.");
        if (!(noiseLevel > 0) || double.IsInfinity(noiseLevel))
        {
            throw new ArgumentOutOfRangeException(nameof(noiseLevel), noiseLevel, FormattableString.Invariant($"The noise level is {noiseLevel}; allowed: above 0, such as 0.15."));
        }

        (_samples, _noiseLevel, _seed, _noise) = (samples, noiseLevel, seed, noise);
    }

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.ScorePerUnit;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <inheritdoc/>
    public override int VersionsPerRow => Math.Min(VersionsAtOnce, _samples);

    /// <inheritdoc/>
    internal override AttributionMethod Trial => new SmoothGrad(1, _noiseLevel, _seed);

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(_samples);
        writer.Write(_noiseLevel);
        writer.Write(_seed);
    }

    internal static SmoothGrad Load(BinaryReader reader) => new(reader.ReadInt32(), reader.ReadDouble(), reader.ReadInt64());

    /// <summary>The mean gradient for each feature.</summary>
    internal Tensor PerFeature(AttributionPass pass)
    {
        var deviation = (Range(pass) * _noiseLevel).unsqueeze(1);
        var sum = zeros_like(pass.Features);
        for (int first = 0; first < _samples; first += VersionsAtOnce)
        {
            using var scope = NewDisposeScope();
            int count = Math.Min(VersionsAtOnce, _samples - first);
            sum.add_(pass.Gradient(pass.Features.unsqueeze(1) + (Noise(pass, first / VersionsAtOnce, count) * deviation)).sum([1L]));
        }

        return sum.div_(_samples);
    }

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return new Attribution(pass, ChannelReduction.LargestAbsolute(pass, PerFeature(pass)));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _noise.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Normal noise, <c>[1, K, ...]</c>.</summary>
    private Tensor Noise(AttributionPass pass, int step, int count)
    {
        var features = pass.Features;
        return _noise.Draw(step, count, features.shape.AsSpan(1), pass.ChannelDimension, features.dtype, features.device);
    }

    /// <summary>The difference between the largest and the smallest value of each row, padding left out: <c>[N, 1, ...]</c>.</summary>
    private static Tensor Range(AttributionPass pass)
    {
        var features = pass.Features;
        long[] all = Enumerable.Range(1, (int)features.dim() - 1).Select(dimension => (long)dimension).ToArray();
        if (pass.Mask is null) return features.amax(all, keepdim: true) - features.amin(all, keepdim: true);
        var missing = Shapes.BroadcastMask(pass.Mask, features, pass.ChannelDimension).logical_not();
        return features.masked_fill(missing, double.NegativeInfinity).amax(all, keepdim: true) - features.masked_fill(missing, double.PositiveInfinity).amin(all, keepdim: true);
    }
}
