namespace Iba.Reports;

/// <summary>Values in ascending order, and what lies below a share of them.</summary>
internal sealed class Quantiles
{
    private readonly double[] _ascending;

    /// <summary>Sorts values.</summary>
    public Quantiles(IEnumerable<double> values)
    {
        _ascending = [.. values];
        Array.Sort(_ascending);
    }

    /// <summary>How many there are.</summary>
    public int Count => _ascending.Length;

    /// <summary>The value that a share (0 to 1) of the values does not exceed, between neighbours linearly; 0 where there are no values.</summary>
    public double this[double share]
    {
        get
        {
            if (Count == 0) return 0;
            double place = share * (Count - 1);
            int below = Math.Min((int)place, Math.Max(0, Count - 2));
            return Count == 1 ? _ascending[0] : _ascending[below] + ((place - below) * (_ascending[below + 1] - _ascending[below]));
        }
    }
}
