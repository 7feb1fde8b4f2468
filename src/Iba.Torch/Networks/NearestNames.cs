namespace Iba.Torch;

/// <summary>Finds the names that a user may have meant, for error messages.</summary>
internal static class NearestNames
{
    /// <summary>The names nearest to <paramref name="name"/> by edit distance, nearest first; names that contain it come before others.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> names, int count = 5)
        => names
            .OrderByDescending(candidate => candidate.Contains(name, StringComparison.OrdinalIgnoreCase))
            .ThenBy(candidate => EditDistance(name, candidate))
            .ThenBy(candidate => candidate, StringComparer.Ordinal)
            .Take(count)
            .ToArray();

    private static int EditDistance(string a, string b)
    {
        int[] row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substitute = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitute, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
