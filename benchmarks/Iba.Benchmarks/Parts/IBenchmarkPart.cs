namespace Iba.Benchmarks;

/// <summary>One chapter of the report.</summary>
internal interface IBenchmarkPart
{
    /// <summary>The name that <c>--only</c> takes.</summary>
    string Name { get; }

    /// <summary>Whether its contestants can compute on a GPU.</summary>
    bool MeasuresGpu => false;

    /// <summary>Whether there is something to measure without a GPU.</summary>
    bool MeasuresCpu => true;

    /// <summary>The steps and copies that the chapter is measured with; null: those of the command line.</summary>
    string? Method => null;

    /// <summary>What the chapter is called in the report: those of other machines are kept beside it where they say something else.</summary>
    /// <param name="settings">What to measure.</param>
    string Chapter(BenchmarkSettings settings) => settings.OnGpu ? $"{Name}_gpu" : Name;

    /// <summary>Measures, and returns the chapter as Markdown.</summary>
    /// <param name="settings">What to measure.</param>
    /// <param name="folder">Where pictures go.</param>
    string Run(BenchmarkSettings settings, string folder);
}
