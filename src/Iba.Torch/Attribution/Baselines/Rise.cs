using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// RISE (Petsiuk, Das, Saenko 2018): the input is multiplied by K random masks m_k that keep a share p of it; the map is
/// sum_k s(x m_k) m_k / (K p), the mean score of the masks that keep a place. See <see cref="RiseMasks"/> for what masks are.
/// </summary>
/// <remarks>The masks come from the seed alone, the same for every row of a size: a row's map does not depend on batch, order or process.</remarks>
public sealed class Rise : AttributionMethod
{
    internal const string MethodName = "rise";

    /// <summary>A part of the masks goes through the network at once: its size is fixed, since it changes the rounding.</summary>
    private const int MasksAtOnce = 25;

    private readonly int _masks;
    private readonly int _cells;
    private readonly double _keep;
    private readonly long _seed;
    private readonly bool _ofProbability;
    private readonly RiseMasks _source;

    /// <param name="masks">The number of masks, K. At least 1; default 2000 (the paper has 4000 and 8000).</param>
    /// <param name="cells">The cells of a mask along each dimension. 1 to 1000; default 8 (the paper: 7).</param>
    /// <param name="keep">The probability p of a cell to be kept. Above 0 and below 1; default 0.5.</param>
    /// <param name="ofProbability">Whether the score is the target's probability, as in the paper, else its logit. Default: true.</param>
    /// <param name="seed">The seed of the masks. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public Rise(int masks = 2000, int cells = 8, double keep = 0.5, bool ofProbability = true, long seed = 0)
        : this(masks, cells, keep, ofProbability, seed, null)
    {
    }

    internal Rise(int masks, int cells, double keep, bool ofProbability, long seed, RiseMasks? source)
    {
        if (masks < 1) throw new ArgumentOutOfRangeException(nameof(masks), masks, $"The number of masks is {masks}; allowed: at least 1.");
        if (cells is < 1 or > 1000) throw new ArgumentOutOfRangeException(nameof(cells), cells, $"The number of cells is {cells}; allowed: 1 to 1000.");
        if (!(keep is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(keep), keep, FormattableString.Invariant($"The share to keep is {keep}; allowed: above 0 and below 1."));
        (_masks, _cells, _keep, _ofProbability, _seed) = (masks, cells, keep, ofProbability, seed);
        _source = source ?? new RiseMasks(cells, keep, seed);
    }

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Relative;

    /// <inheritdoc/>
    /// <remarks>Logits may be negative, probabilities are not.</remarks>
    public override bool IsSigned => !_ofProbability;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <inheritdoc/>
    public override int VersionsPerRow => Math.Min(MasksAtOnce, _masks);

    /// <inheritdoc/>
    internal override AttributionMethod Trial => new Rise(1, _cells, _keep, _ofProbability, _seed, _source);

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(_masks);
        writer.Write(_cells);
        writer.Write(_keep);
        writer.Write(_ofProbability);
        writer.Write(_seed);
    }

    internal static Rise Load(BinaryReader reader) => new(reader.ReadInt32(), reader.ReadInt32(), reader.ReadDouble(), reader.ReadBoolean(), reader.ReadInt64());

    private protected override void CheckRows(SplitNetwork network, Activation activation, AttributionRequest request)
        => Shapes.CheckPositions(network, activation, request.ChannelDimension, "hide");

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var grad = no_grad();
        var sum = zeros([pass.Rows, .. pass.PositionDimensions.Select(dimension => pass.Features.shape[dimension])], pass.Features.dtype, pass.Features.device);
        for (int first = 0; first < _masks; first += MasksAtOnce)
        {
            using var scope = NewDisposeScope();
            int count = Math.Min(MasksAtOnce, _masks - first);
            var masks = pass.ForEachRow(count, (_, size) => _source.Make(first, count, size));
            var versions = pass.Features.unsqueeze(1) * (pass.ChannelDimension == 0 ? masks : masks.unsqueeze(pass.ChannelDimension + 1));
            var scores = _ofProbability ? pass.Probabilities(versions) : pass.Scores(versions);
            sum.add_((scores.view([-1, count, .. Enumerable.Repeat(1L, (int)masks.dim() - 2)]) * masks).sum([1L]));
        }

        return new Attribution(pass, ChannelReduction.None(pass, sum.div_(_masks * _keep)));
    }
}
