namespace Iba.Torch;

/// <summary>What <see cref="SensitivityN"/> found for one row.</summary>
public sealed class SensitivityNCorrelations
{
    internal SensitivityNCorrelations(
        IReadOnlyList<int> sizes, IReadOnlyList<IReadOnlyList<double>> relevance, IReadOnlyList<IReadOnlyList<double>> losses)
    {
        (Sizes, Relevance, Losses) = (sizes, relevance, losses);
        Correlations = [.. relevance.Zip(losses, (sums, drops) => Correlation.Pearson([.. sums], [.. drops]))];
    }

    /// <summary>The sizes n of the sets.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>For each size, the sum of the map over each set.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Relevance { get; }

    /// <summary>For each size, how much of the target's score goes with each set.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Losses { get; }

    /// <summary>For each size, the correlation of the two, -1 to 1, higher is better; NaN where one of them does not vary.</summary>
    public IReadOnlyList<double> Correlations { get; }

    /// <summary>The mean of <see cref="Correlations"/> over the sizes where there is one; NaN if there is none.</summary>
    public double Mean => Correlations.Where(correlation => !double.IsNaN(correlation)).DefaultIfEmpty(double.NaN).Average();

    /// <summary>For each size, one correlation over the sets of all rows together, as Schulz et al. 2020 compute it. Rows that are NaN do not count.</summary>
    /// <param name="rows">Rows of the same sizes, at least one.</param>
    /// <exception cref="ArgumentException">There are no rows, or their sizes differ.</exception>
    public static IReadOnlyList<double> Pooled(IEnumerable<SensitivityNCorrelations> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        SensitivityNCorrelations[] all = [.. rows];
        if (all.Length == 0) throw new ArgumentException("There are no rows to pool.", nameof(rows));
        if (all.Any(row => !row.Sizes.SequenceEqual(all[0].Sizes))) throw new ArgumentException("The rows have sets of different sizes.", nameof(rows));
        return [.. Enumerable.Range(0, all[0].Sizes.Count).Select(Pool)];

        double Pool(int size)
        {
            SensitivityNCorrelations[] judged = [.. all.Where(row => Correlation.AllFinite([.. row.Relevance[size], .. row.Losses[size]]))];
            return Correlation.Pearson([.. judged.SelectMany(row => row.Relevance[size])], [.. judged.SelectMany(row => row.Losses[size])]);
        }
    }
}
