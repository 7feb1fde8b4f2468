using System.Globalization;

namespace Iba.Jobs;

/// <summary>One row to explain, as the plan knows it.</summary>
/// <param name="Row">Its number, from 0.</param>
/// <param name="Uri">Its name: a file's path below the source's folder, or "table.parquet#17".</param>
/// <param name="Size">The file's size in bytes; -1: there was no such file when the plan was made; 0 for rows of a table.</param>
/// <param name="Modified">When the file was last changed, in ticks of UTC; 0 for rows of a table.</param>
/// <param name="Sha256">The file's hash; null: not computed.</param>
/// <param name="Target">The class to explain, as the source says it; null: it says none.</param>
internal sealed record JobInput(long Row, string Uri, long Size, long Modified, string? Sha256, string? Target)
{
    /// <summary>The number that a target is, read alike on every machine.</summary>
    public static bool TryNumber(string? target, out int number) => int.TryParse(target, NumberStyles.Integer, CultureInfo.InvariantCulture, out number);
}
