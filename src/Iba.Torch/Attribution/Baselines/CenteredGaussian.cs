using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A Gaussian about the centre, exp(-d^2 / 2) with the distance d in standard deviations: knows nothing of network and row, and finds what
/// photographers put into the middle. What localisation has to beat.
/// </summary>
public sealed class CenteredGaussian : AttributionMethod
{
    internal const string MethodName = "centered-gaussian";

    private readonly double _width;

    /// <param name="width">The standard deviation along each dimension, as a share of its size. Above 0; default 0.25.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is not above 0.</exception>
    public CenteredGaussian(double width = 0.25)
    {
        if (!(width > 0) || double.IsInfinity(width))
        {
            throw new ArgumentOutOfRangeException(nameof(width), width, FormattableString.Invariant($"The width is {width}; allowed: above 0, such as 0.25."));
        }

        _width = width;
    }

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Relative;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(_width);
    }

    internal static CenteredGaussian Load(BinaryReader reader) => new(reader.ReadDouble());

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var grad = no_grad();
        var map = pass.ForEachRow(1, (_, size) => Bell(size).unsqueeze(0)).squeeze(1);
        return new Attribution(pass, ChannelReduction.None(pass, map));
    }

    private Tensor Bell(long[] size)
    {
        var bell = ones(size);
        for (int dimension = 0; dimension < size.Length; dimension++)
        {
            double centre = (size[dimension] - 1) / 2.0, deviation = _width * size[dimension];
            float[] along = Enumerable.Range(0, (int)size[dimension]).Select(i => (float)Math.Exp(-0.5 * Math.Pow((i - centre) / deviation, 2))).ToArray();
            bell *= tensor(along).view(Enumerable.Range(0, size.Length).Select(other => other == dimension ? size[other] : 1L).ToArray());
        }

        return bell;
    }
}
