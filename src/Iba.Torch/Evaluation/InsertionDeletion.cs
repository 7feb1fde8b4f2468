using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Insertion and deletion (RISE): the target's probability while pixels are put into a blurred picture, and while they are removed, in both cases the
/// most relevant first.
/// </summary>
/// <remarks>
/// The result is the area under each curve over the share of changed pixels, by the trapezoid rule, 0 to 1: insertion higher is better,
/// deletion lower is better. Deletion rewards maps whose highest pixels are scattered: holes in many places are unlike any picture; read it beside
/// insertion. Equal pixels go in row-major order. Petsiuk et al. 2018, section 4.2; their code inserts into a blurred picture and deletes to 0.
/// </remarks>
public sealed class InsertionDeletion
{
    /// <summary>How many pixels change from one point of the curves to the next, at least 1. Null (default): the width of the picture, as in the paper.</summary>
    public int? PixelsPerStep { get; init; }

    /// <summary>What insertion begins with. Default <see cref="PixelFill.Blurred"/>.</summary>
    public PixelFill InsertInto { get; init; } = PixelFill.Blurred;

    /// <summary>What deletion puts in. Default <see cref="PixelFill.ChannelMean"/>, which no preprocessing changes; RISE takes <see cref="PixelFill.Zero"/>.</summary>
    public PixelFill DeleteTo { get; init; } = PixelFill.ChannelMean;

    /// <summary>Judges maps of rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="maps">float <c>[N, positions...]</c>, at the input's size.</param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    /// <returns>The curves of each row; NaN for a row whose map holds NaN or infinity, or whose class does not exist.</returns>
    /// <exception cref="ArgumentException">The maps have another size, or an option does not fit the input.</exception>
    public IReadOnlyList<InsertionDeletionCurves> Measure(EvaluationRows rows, Tensor maps, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        rows.CheckFill(InsertInto, nameof(InsertInto));
        rows.CheckFill(DeleteTo, nameof(DeleteTo));
        if (PixelsPerStep < 1) throw new ArgumentException($"{nameof(PixelsPerStep)} is {PixelsPerStep}; allowed: at least 1, or null.");
        return PositionCurves.Measure(rows, maps, PixelsPerStep ?? (int)rows.Positions[^1], row => (row.Filled(InsertInto), row.Filled(DeleteTo)), cancellation);
    }
}
