namespace Iba.Torch;

/// <summary>
/// How many rows are worth explaining at once. Every number gives the same results, so it is found by timing the work itself: one lane, then
/// twice as many for as long as each doubling pays.
/// </summary>
/// <param name="asked">The number that was asked for; null: to be found.</param>
internal sealed class LaneChoice(int? asked = null)
{
    /// <summary>A doubling pays when the same work takes less than this share of the time.</summary>
    private const double Gain = 0.9;

    /// <summary>Shorter times say little.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromMilliseconds(200);

    private TimeSpan _time;
    private double _work;
    private double _before = double.PositiveInfinity;
    private int _lanesBefore = 1;

    /// <summary>The number to work with, for now.</summary>
    public int Lanes { get; private set; } = asked ?? 1;

    /// <summary>Whether it will not change any more by itself.</summary>
    public bool IsSettled { get; private set; } = asked != null;

    /// <summary>Whether the next round with this number counts. The first one does not: it makes what later ones find ready.</summary>
    public bool IsWarm { get; private set; }

    /// <summary>Takes note of a round of work with <see cref="Lanes"/> lanes, all of them busy.</summary>
    /// <param name="time">How long it took.</param>
    /// <param name="work">How much it was, in any unit.</param>
    /// <param name="most">The most lanes there may be.</param>
    public void Note(TimeSpan time, double work, int most)
    {
        if (IsSettled) return;
        if (!IsWarm)
        {
            IsWarm = true;
            return;
        }

        _time += time;
        _work += work;
        if (_time < LongEnough) return;
        double now = _time.TotalSeconds / _work;
        (_time, _work) = (TimeSpan.Zero, 0);
        if (now >= Gain * _before)
        {
            Settle(_lanesBefore);
        }
        else if (Lanes < most)
        {
            (_before, _lanesBefore) = (now, Lanes);
            Lanes = Math.Min(2 * Lanes, most);
            IsWarm = false;
        }
        else if (Lanes > 1)
        {
            Settle(Lanes);
        }
    }

    /// <summary>Ends the search.</summary>
    public void Settle(int lanes)
    {
        Lanes = lanes;
        IsSettled = true;
    }
}
