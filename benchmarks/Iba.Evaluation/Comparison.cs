using Iba.Torch;
using TorchSharp;

namespace Iba.Evaluation;

/// <summary>All contenders on the same rows of one network.</summary>
/// <param name="Name">The network's short name.</param>
/// <param name="Title">What it is.</param>
/// <param name="IsPictures">Whether its rows are pictures.</param>
/// <param name="Results">The contenders, each with its measurements of the same rows in the same order; the bottleneck first.</param>
/// <param name="Available">The rows that there are; those that some contender was not measured on are left out.</param>
/// <param name="Sheet">Some rows with their maps under each contender.</param>
internal sealed record Comparison(string Name, string Title, bool IsPictures, IReadOnlyList<ContenderResult> Results, int Available, IReadOnlyList<SheetRow> Sheet)
{
    private const int SheetRows = 6;

    public int Rows => Results[0].Measurements.Count;

    /// <summary>Measures what the store lacks.</summary>
    public static Comparison Run(Subject subject, MeasurementStore store, int mostRows, bool measures)
    {
        var rows = Spread(subject.Rows, mostRows);
        if (measures) foreach (var contender in subject.Contenders) Measure(subject, contender, rows, store);
        var found = subject.Contenders.Select(contender => (Contender: contender, Measurements: store.Read(subject, contender).DistinctBy(row => row.Row).ToDictionary(row => row.Row))).ToArray();
        // Only rows that every contender was measured on are compared.
        string[] common = [.. rows.Select(row => row.Name).Where(name => found.All(result => result.Measurements.ContainsKey(name)))];
        if (common.Length == 0) throw new InvalidOperationException($"No row of '{subject.Name}' was measured under all methods yet: run without --page-only.");
        var compared = rows.Where(row => common.Contains(row.Name)).ToArray();
        var results = found.Select(result => new ContenderResult(result.Contender.Name, [.. compared.Select(row => result.Measurements[row.Name] with { Localization = Localize(subject, result.Contender, row, store) })])).ToArray();
        var sheet = subject.Replacement != null ? [] : Spread(compared, SheetRows)
            .Select(row => new SheetRow(row.Photograph!, [.. subject.Contenders.Select(contender => store.ReadMap(subject, contender, row)!)])).ToArray();
        return new Comparison(subject.Name, subject.Title, subject.Replacement == null, results, subject.Rows.Count, sheet);
    }

    private static void Measure(Subject subject, Contender contender, IReadOnlyList<EvaluatedRow> rows, MeasurementStore store)
    {
        var known = store.Read(subject, contender).Select(measurement => measurement.Row).ToHashSet();
        var missing = rows.Where(row => !known.Contains(row.Name)).ToArray();
        if (missing.Length == 0) return;
        using var judge = new Judge(subject, contender);
        foreach (var row in missing)
        {
            var (measurement, map) = judge.Run(row);
            if (row.Photograph != null) store.AddMap(subject, contender, row, map);
            store.Add(subject, contender, measurement);
            Console.WriteLine(FormattableString.Invariant($"{subject.Name}, {contender.Name}, {row.Name}: {measurement.Seconds:F2} s"));
        }
    }

    private static LocalizationScores? Localize(Subject subject, Contender contender, EvaluatedRow row, MeasurementStore store)
    {
        if (row.IsObject is not { } isObject || row.Photograph is not { } photograph) return null;
        using var scope = torch.NewDisposeScope();
        long[] size = [1, photograph.Height, photograph.Width];
        return new Localization().Measure(torch.tensor(store.ReadMap(subject, contender, row)!, size), torch.tensor(isObject).view(size))[0];
    }

    // Neighbours are alike: the files are sorted by what they show.
    private static EvaluatedRow[] Spread(IReadOnlyList<EvaluatedRow> rows, int count)
        => count >= rows.Count ? [.. rows] : [.. Enumerable.Range(0, count).Select(index => rows[(int)((long)index * rows.Count / count)])];
}

/// <summary>A contender's measurements.</summary>
internal sealed record ContenderResult(string Name, IReadOnlyList<Measurement> Measurements)
{
    public bool IsBottleneck => Name.StartsWith("bottleneck", StringComparison.Ordinal);

    /// <summary>The median processor time of a map.</summary>
    public double Seconds => Measurements.Select(measurement => measurement.Seconds).Order().ElementAt(Measurements.Count / 2);
}

/// <summary>A photograph and its maps.</summary>
internal sealed record SheetRow(RgbImage Photograph, IReadOnlyList<float[]> Maps);
