using System.Globalization;

namespace Iba.Torch;

/// <summary>A number over rows, and how far it would move with other rows of the same kind; see <see cref="Bootstrap"/>.</summary>
/// <param name="Value">The number; NaN where no row counts.</param>
/// <param name="Lower">The interval's lower end; NaN where there is none: fewer than two rows count, or the number is NaN.</param>
/// <param name="Upper">The interval's upper end; NaN where there is none.</param>
/// <param name="Rows">How many rows count.</param>
public readonly record struct ConfidenceInterval(double Value, double Lower, double Upper, int Rows)
{
    /// <summary>Whether there is an interval.</summary>
    public bool HasInterval => !double.IsNaN(Lower);

    /// <summary>Whether a number lies outside of the interval; false where there is none.</summary>
    public bool Excludes(double number) => number < Lower || number > Upper;

    /// <summary>For example "0.512 [0.401, 0.634], 60 rows", or "0.512, 1 row: no interval".</summary>
    public override string ToString()
        => HasInterval
            ? string.Create(CultureInfo.InvariantCulture, $"{Value:0.000} [{Lower:0.000}, {Upper:0.000}], {Rows} rows")
            : string.Create(CultureInfo.InvariantCulture, $"{Value:0.000}, {Rows} {(Rows == 1 ? "row" : "rows")}: no interval");
}
