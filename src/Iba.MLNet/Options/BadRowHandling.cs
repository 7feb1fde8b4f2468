namespace Iba.MLNet;

/// <summary>
/// What happens to a row that cannot be explained: an unreadable or missing image, a value that is not finite, a label out of range.
/// </summary>
public enum BadRowHandling
{
    /// <summary>
    /// Fit throws. When explaining, reading the row's heat map throws, with row and column in the message; all other rows and
    /// all other columns of the row stay readable.
    /// </summary>
    Throw = 0,

    /// <summary>
    /// Fit leaves the row out. When explaining, its heat map, bits, scores and capacity are NaN (empty where their length varies), its
    /// target is -1, its overlay is null. A warning in the log names row and column.
    /// </summary>
    Missing = 1,
}
