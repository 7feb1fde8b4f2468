namespace Iba.Torch;

/// <summary>Which dimension of a layer's features, or of an input, holds the channels, told from shapes alone.</summary>
/// <param name="Dimension">The dimension; the batch is dimension 0, and 0 says that there are none.</param>
/// <param name="IsSure">Whether no other dimension fits about as well.</param>
internal readonly record struct ChannelGuess(int Dimension, bool IsSure)
{
    /// <summary>Tokens that stand for no place are few beside the patches: one, or at most one in so many.</summary>
    private const long PatchesPerLeadingToken = 16;

    /// <summary>Rounding height and width up, or both down, makes a misfit of less than this.</summary>
    private const double MisfitByRounding = 2;

    /// <summary>The channels of features <c>[N, ...]</c>.</summary>
    /// <param name="features">The features' shape.</param>
    /// <param name="told">What the network's operators say, see <see cref="SplitNetwork.ChannelDimension"/>; null: nothing.</param>
    /// <param name="declared">The shape that the network declares for the layer, -1 where it varies with the input; any rank.</param>
    /// <param name="isDiscrete">Whether the explained input is a row of integers (tokens, bytes).</param>
    /// <param name="channelsLast">Whether the explained input has its channels last: habit, where shapes leave the choice.</param>
    /// <param name="size">The explained input's size without its channels, to which positions belong.</param>
    public static ChannelGuess Of(
        IReadOnlyList<long> features, int? told, IReadOnlyList<long> declared, bool isDiscrete, bool channelsLast, IReadOnlyList<long> size)
    {
        if (features.Count < 3) return new(1, true);
        if (told is { } operators) return new(operators > 0 ? operators : features.Count + operators, true);
        if (declared.Count == features.Count && OnlyFixed(declared) is { } dimension) return new(dimension, true);
        return (features.Count, size.Count) switch
        {
            (3, 1) => OfSequence(features[1], features[2], size[0], isDiscrete, channelsLast),
            (3, 2) => OfTokens(features[1], features[2], size),
            (4, 2) or (5, 3) => OfGrid(features, size, channelsLast),
            _ => new(1, true),
        };
    }

    /// <summary>The channels of rows of an input, as far as the rows tell: the layer may tell otherwise.</summary>
    /// <param name="row">A row's shape, without the batch.</param>
    /// <param name="declared">The input's shape as the network declares it, with the batch; empty: none.</param>
    public static int OfInput(IReadOnlyList<long> row, IReadOnlyList<long> declared)
    {
        if (row.Count < 2) return 0;
        if (declared.Count == row.Count + 1 && OnlyFixed(declared) is { } dimension) return dimension;
        return row.Count > 2 && row[0] is not (1 or 3) && row[^1] is 1 or 3 ? row.Count : 1;
    }

    /// <summary>
    /// The channels of an input, told from a layer too. Rows of two dimensions are signals, sequences, or pictures without channels; rows of
    /// three and four are pictures and volumes with channels first or last.
    /// </summary>
    /// <param name="row">A row's shape, without the batch.</param>
    /// <param name="declared">The input's shape as the network declares it, with the batch; empty: none.</param>
    /// <param name="features">The shape of the layer's features.</param>
    /// <param name="channelDimension">The dimension of the features' channels; null: not known.</param>
    public static ChannelGuess OfInput(
        IReadOnlyList<long> row, IReadOnlyList<long> declared, IReadOnlyList<long> features, int? channelDimension)
    {
        // A volume without channels, which the network adds.
        if (row.Count == 3 && features.Count == 5) return new(0, true);
        if (row.Count >= 3) return OfGridInput(row, declared, features, channelDimension);
        if (features.Count == 4) return new(IsLine(features, row) ? 1 : 0, true);
        if (declared.Count == 3 && OnlyFixed(declared) is { } dimension) return new(dimension, true);
        (long first, long second) = (row[0], row[1]);
        if (features.Count != 3) return new(first == second ? 0 : first > second ? 2 : 1, false);

        // A signal's length is its longer dimension, as a rule, and no layer has more positions.
        long[] positions = channelDimension is { } channels and < 3 ? [features[3 - channels]] : [features[1], features[2]];
        int ofFirst = Distance(first), ofSecond = Distance(second);
        bool last = first > second ? ofFirst <= ofSecond : ofSecond == 2 && ofFirst < 2;
        bool isSure = first == second || (last ? ofFirst < ofSecond : ofSecond < ofFirst || (first < second && ofFirst > 0));
        return new(last ? 2 : 1, isSure);

        int Distance(long length) => positions.Contains(length) ? 0 : positions.Any(count => count < length) ? 1 : 2;
    }

    // One or three channels are grey or colours. Others are told by the positions of the layer, which are those of the rows divided by a stride.
    private static ChannelGuess OfGridInput(
        IReadOnlyList<long> row, IReadOnlyList<long> declared, IReadOnlyList<long> features, int? channelDimension)
    {
        if (declared.Count == row.Count + 1 && OnlyFixed(declared) is { } dimension) return new(dimension, true);
        bool picture = row.Count == 3 && (row[0] is 1 or 3 || row[2] is 1 or 3);
        if (picture || features.Count != row.Count + 1) return new(OfInput(row, declared), features.Count < 3 || picture);
        double first = Best(row.Skip(1).ToArray()), last = Best(row.SkipLast(1).ToArray());
        bool isLast = last < first && (last < MisfitByRounding || 2 * last < first);
        var (taken, rejected) = isLast ? (last, first) : (first, last);
        return new(isLast ? row.Count : 1, rejected >= MisfitByRounding && (taken < MisfitByRounding || 2 * taken < rejected));

        double Best(long[] size) => Math.Min(
            channelDimension > 1 ? double.PositiveInfinity : Misfit(features.Skip(2), size),
            channelDimension == 1 ? double.PositiveInfinity : Misfit(features.Skip(1).SkipLast(1), size));
    }

    // Converted convolutions over signals have [N, C, 1, L] or [N, C, L, 1]; the latter may be a picture [N, H, W, 1].
    private static bool IsLine(IReadOnlyList<long> features, IReadOnlyList<long> row)
        => !row.Contains(1) && features[2] == 1 != (features[3] == 1)
            && (features[2] == 1 || Misfit([features[1], features[2]], row) >= MisfitByRounding);

    /// <summary>The one dimension that does not vary with the input, which its positions do; null where none or several do not.</summary>
    /// <param name="declared">A shape with the batch; -1 where it varies.</param>
    private static int? OnlyFixed(IReadOnlyList<long> declared)
    {
        int[] kept = Enumerable.Range(1, declared.Count - 1).Where(dimension => declared[dimension] >= 0).ToArray();
        return kept is [var only] ? only : null;
    }

    // Positions equal the sequence's length, or divide it. Where both dimensions do, tokens first is the habit of networks that read
    // ids, channels first that of those that read signals: these may have as many channels as the signal has positions.
    private static ChannelGuess OfSequence(long first, long second, long length, bool ids, bool channelsLast)
    {
        bool signal = !ids && !channelsLast;
        if (first == length != (second == length) && !(signal && first == length && second < length)) return new(first == length ? 2 : 1, true);
        if (!ids && first > length != second > length) return new(first > length ? 1 : 2, true);
        if (signal) return new(1, first != length);
        return new(length % second == 0 && length % first != 0 ? 1 : 2, ids && first != length);
    }

    // Patches of a picture lie in a grid, behind a few leading tokens; positions flattened from a picture are a grid and nothing else.
    private static ChannelGuess OfTokens(long first, long second, IReadOnlyList<long> size)
    {
        bool flattened = TokenGrid.Of(second, size) is var (height, width) && height * width == second;
        if (TokenGrid.Of(first, size) is not var (rows, columns)) return new(1, true);
        long leading = first - (rows * columns);
        bool few = leading <= 1 || leading * PatchesPerLeadingToken <= first;
        return few || !flattened ? new(2, !flattened) : new(1, true);
    }

    // What fits overrules habit. Where nothing does (lost margins, strides that differ), it takes half of the misfit.
    private static ChannelGuess OfGrid(IReadOnlyList<long> features, IReadOnlyList<long> size, bool channelsLast)
    {
        double first = Misfit(features.Skip(2), size), last = Misfit(features.Skip(1).SkipLast(1), size);
        var (byHabit, other) = channelsLast ? (last, first) : (first, last);
        bool overruled = other < byHabit && (other < MisfitByRounding || 2 * other < byHabit);
        var (taken, rejected) = overruled ? (other, byHabit) : (byHabit, other);
        return new(overruled != channelsLast ? features.Count - 1 : 1, rejected >= MisfitByRounding && (taken < MisfitByRounding || 2 * taken < rejected));
    }

    /// <summary>
    /// How far positions are from those of a layer with one stride for all dimensions: the largest deviation from the even division by the
    /// best stride, and by how much the deviations differ, since most layers round all in the same direction.
    /// </summary>
    private static double Misfit(IEnumerable<long> positions, IReadOnlyList<long> size)
    {
        long[] counts = positions.ToArray();
        double least = double.PositiveInfinity;
        for (long stride = 1; stride <= size.Max(); stride++)
        {
            double[] deviations = counts.Zip(size, (count, length) => count - ((double)length / stride)).ToArray();
            least = Math.Min(least, deviations.Max(Math.Abs) + deviations.Max() - deviations.Min());
        }

        return least;
    }
}
