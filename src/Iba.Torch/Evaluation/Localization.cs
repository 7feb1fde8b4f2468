using System.Drawing;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Localisation: whether a map is high where the object is. Needs no network: it asks whether the map points at what people see, not
/// whether the network looks there.
/// </summary>
/// <remarks>
/// Objects lie in the middle of photographs and are large, so that a map which knows nothing scores well; each result has the object's share of the picture and
/// the scores of a centred Gaussian beside the map's. Share of the n highest pixels: Schulz et al. 2020, section 5. Pointing game: Zhang et al. 2016,
/// "Top-down neural attention by excitation backprop", section 4.
/// </remarks>
/// <param name="margin">
/// How far from the object a peak still hits in the pointing game with margin, in pixels along the worse axis, at least 0; default 15, as for 224 pixels.
/// </param>
public sealed class Localization(int margin = 15)
{
    private readonly int _margin = margin >= 0
        ? margin
        : throw new ArgumentOutOfRangeException(nameof(margin), margin, $"The margin is {margin}; allowed: at least 0.");

    /// <summary>The mask of the union of boxes, for <see cref="Measure"/>.</summary>
    /// <param name="height">The height of the picture.</param>
    /// <param name="width">Its width.</param>
    /// <param name="boxes">At least one, in pixels of the map: the photograph's resizing and crop applied. What lies beyond the picture is cut off.</param>
    /// <returns>bool <c>[1, H, W]</c>; disposed by the caller.</returns>
    /// <exception cref="ArgumentException">There is no box, or one has no pixel within the picture.</exception>
    public static Tensor BoxMask(int height, int width, params ReadOnlySpan<Rectangle> boxes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (boxes.Length == 0) throw new ArgumentException("There is no box: leave the row out.", nameof(boxes));
        var mask = zeros([1, height, width], ScalarType.Bool);
        using var scope = NewDisposeScope();
        foreach (var box in boxes)
        {
            var inside = Rectangle.Intersect(box, new Rectangle(0, 0, width, height));
            if (inside.Width < 1 || inside.Height < 1)
            {
                mask.Dispose();
                throw new ArgumentException(
                    $"The box at ({box.X}, {box.Y}) of {box.Width} x {box.Height} has no pixel within the picture of {width} x {height}: is it in pixels of the original?",
                    nameof(boxes));
            }

            mask.narrow(1, inside.Y, inside.Height).narrow(2, inside.X, inside.Width).fill_(true);
        }

        return mask;
    }

    /// <summary>Judges maps.</summary>
    /// <param name="maps">float <c>[N, H, W]</c>.</param>
    /// <param name="masks">bool <c>[N, H, W]</c>: the pixels of the object, from a box (<see cref="BoxMask"/>) or a segmentation.</param>
    /// <returns>The scores of each row; NaN for a row without a pixel of the object; a row whose map holds NaN or infinity has NaN for it.</returns>
    /// <exception cref="ArgumentException">Maps and masks are no pictures of the same size.</exception>
    public IReadOnlyList<LocalizationScores> Measure(Tensor maps, Tensor masks)
    {
        ArgumentNullException.ThrowIfNull(maps);
        if (maps.dim() != 3) throw new ArgumentException($"The maps are {Shapes.Format(maps.shape)}; expected [N, H, W].", nameof(maps));
        MapRows.Check(maps, maps.shape[0], maps.shape[1..], nameof(maps));
        MapRows.CheckMask(masks, maps, nameof(masks));
        int height = (int)maps.shape[1], width = (int)maps.shape[2];
        double[] gaussian = CentredGaussian(height, width);
        return [.. Enumerable.Range(0, (int)maps.shape[0]).Select(MeasureRow)];

        LocalizationScores MeasureRow(int row)
        {
            bool[] inside = MapRows.OfMask(masks, row);
            return new LocalizationScores(Of(MapRows.Of(maps, row), inside, width), Of(gaussian, inside, width), (double)inside.Count(within => within) / inside.Length);
        }
    }

    /// <summary>exp(-d^2 / 2 s^2) about the centre, s being a quarter of each side.</summary>
    private static double[] CentredGaussian(int height, int width)
    {
        double[] map = new double[height * width];
        for (int position = 0; position < map.Length; position++)
        {
            double down = ((position / width) - ((height - 1) / 2.0)) / (height / 4.0), along = ((position % width) - ((width - 1) / 2.0)) / (width / 4.0);
            map[position] = Math.Exp(-((down * down) + (along * along)) / 2);
        }

        return map;
    }

    private MapLocalization Of(double[] map, bool[] inside, int width)
    {
        int n = inside.Count(within => within);
        if (n == 0 || !Correlation.AllFinite(map)) return MapLocalization.Undefined;
        int[] order = Ranking.Descending(map);
        double last = map[order[n - 1]];
        int above = order.TakeWhile(index => map[index] > last).Count();
        int tied = order.Skip(above).TakeWhile(index => map[index] == last).Count();
        int aboveInside = order.Take(above).Count(index => inside[index]), tiedInside = order.Skip(above).Take(tied).Count(index => inside[index]);
        double mass = map.Sum(value => Math.Max(value, 0)), massInside = map.Zip(inside, (value, within) => within ? Math.Max(value, 0) : 0).Sum();
        return new MapLocalization(
            TopShare: (double)order.Take(n).Count(index => inside[index]) / n,
            ExpectedTopShare: (aboveInside + ((double)(n - above) * tiedInside / tied)) / n,
            MassShare: mass > 0 ? massInside / mass : double.NaN,
            Pointing: inside[order[0]] ? 1 : 0,
            PointingWithMargin: IsNear(order[0], inside, width) ? 1 : 0);
    }

    private bool IsNear(int position, bool[] inside, int width)
    {
        int height = inside.Length / width, row = position / width, column = position % width;
        for (int y = Math.Max(0, row - _margin); y <= Math.Min(height - 1L, (long)row + _margin); y++)
        {
            for (int x = Math.Max(0, column - _margin); x <= Math.Min(width - 1L, (long)column + _margin); x++)
            {
                if (inside[(y * width) + x]) return true;
            }
        }

        return false;
    }
}
