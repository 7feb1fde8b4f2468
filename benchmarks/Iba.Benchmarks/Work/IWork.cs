namespace Iba.Benchmarks;

/// <summary>Work that is repeated and timed. Made once in each worker process.</summary>
internal interface IWork : IDisposable
{
    /// <summary>Touches everything once before the first timing; by default the work itself.</summary>
    void WarmUp() => Run();

    /// <summary>Does the work once.</summary>
    void Run();

    /// <summary>Where the time of the last run went, if the work is to find that out.</summary>
    HeatmapProfile? Profile => null;
}
