namespace Iba.Reports;

/// <summary>The average map of each class, summed row by row. Memory grows with the classes, not with the rows.</summary>
internal sealed class ClassMeans
{
    private readonly Dictionary<int, Sums> _classes = [];
    private (int Width, int Height)? _grid;

    /// <summary>Whether no map was added.</summary>
    public bool IsEmpty => _grid is null;

    /// <summary>Adds a row's map; maps of other sizes than the first are brought to its grid.</summary>
    public void Add(int @class, DensityMap map)
    {
        var (width, height) = _grid ??= (map.Width, map.Height);
        if (!_classes.TryGetValue(@class, out var sums)) _classes[@class] = sums = new(width * height);
        sums.Add(map.Resize(width, height).Values);
    }

    /// <summary>A class's average map; null where no row of it has one.</summary>
    public DensityMap? this[int @class] => _classes.TryGetValue(@class, out var sums) ? new(sums.Means(), _grid!.Value.Width, _grid.Value.Height) : null;

    private sealed class Sums(int length)
    {
        private readonly double[] _sums = new double[length];
        private readonly int[] _counts = new int[length];

        public void Add(float[] values)
        {
            for (int i = 0; i < values.Length; i++)
            {
                if (float.IsNaN(values[i])) continue;
                _sums[i] += values[i];
                _counts[i]++;
            }
        }

        public float[] Means() => [.. _sums.Select((sum, i) => _counts[i] > 0 ? (float)(sum / _counts[i]) : float.NaN)];
    }
}
