namespace Iba.ServiceLoad;

/// <summary>What some clients saw.</summary>
/// <param name="Clients">How many asked at once.</param>
/// <param name="Seconds">How long each answered request took, in ascending order.</param>
/// <param name="Refused">How many were answered with 429.</param>
/// <param name="Elapsed">Until the last answer.</param>
internal sealed record LoadRun(int Clients, IReadOnlyList<double> Seconds, int Refused, TimeSpan Elapsed)
{
    /// <summary>Answered requests for each second.</summary>
    public double Throughput => Seconds.Count / Elapsed.TotalSeconds;

    /// <summary>The seconds that a share of the answered requests took at most.</summary>
    public double Quantile(double share) => Seconds[Math.Min(Seconds.Count - 1, (int)(share * Seconds.Count))];
}
