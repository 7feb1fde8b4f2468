namespace Iba.Benchmarks;

/// <summary>What the tail's parts of a kind take, each run by itself.</summary>
/// <param name="Kind">The operators and, for convolutions, their size.</param>
/// <param name="Count">How many there are.</param>
/// <param name="GigaFlop">Multiplications and additions forward, in thousand millions; backward, to the features alone, there are as many.</param>
/// <param name="Forward">Milliseconds.</param>
/// <param name="Backward">Milliseconds.</param>
internal sealed record PartTime(string Kind, int Count, double GigaFlop, double Forward, double Backward)
{
    public static PartTime Sum(string kind, IEnumerable<PartTime> parts)
        => parts.Aggregate(new PartTime(kind, 0, 0, 0, 0), (sum, part) => new PartTime(
            kind, sum.Count + part.Count, sum.GigaFlop + part.GigaFlop, sum.Forward + part.Forward, sum.Backward + part.Backward));
}
