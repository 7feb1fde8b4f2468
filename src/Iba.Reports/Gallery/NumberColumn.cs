using System.Globalization;

namespace Iba.Reports;

/// <summary>A number of every row of a report, kept to six digits, as it is written. NaN: the row has none.</summary>
/// <param name="Key">Names the column inside the report's files.</param>
/// <param name="Title">Names it to readers.</param>
internal sealed record NumberColumn(string Key, string Title)
{
    private readonly List<double> _values = [];

    /// <summary>The values, one for each row.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>The values of the rows that have one.</summary>
    public IEnumerable<double> Known => _values.Where(value => !double.IsNaN(value));

    /// <summary>Adds the next row's value; what is not finite as a <see cref="float"/> counts as none.</summary>
    public void Add(double? value)
    {
        float single = (float)(value ?? double.NaN);
        _values.Add(float.IsFinite(single) ? double.Parse(Format(single == 0 ? 0 : value!.Value), CultureInfo.InvariantCulture) : double.NaN);
    }

    /// <summary>Adds rows without a value until there are so many.</summary>
    public void FillTo(int rows)
    {
        while (_values.Count < rows) _values.Add(double.NaN);
    }

    /// <summary>A value as JSON.</summary>
    public static string Format(double value) => double.IsNaN(value) ? "null" : value.ToString("G6", CultureInfo.InvariantCulture);
}
