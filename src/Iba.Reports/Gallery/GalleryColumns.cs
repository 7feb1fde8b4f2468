namespace Iba.Reports;

/// <summary>What a report knows of all its rows at once, to sort, filter and count them: numbers and classes.</summary>
internal sealed class GalleryColumns
{
    private readonly NumberColumn _bits = new("bits", "Bits");
    private readonly NumberColumn _probability = new("probability", "Probability");
    private readonly NumberColumn _kept = new("kept", "Probability kept");
    private readonly NumberColumn _largest = new("largest", "Largest value");
    private readonly Dictionary<string, NumberColumn> _scores = [];
    private readonly Dictionary<string, int> _classes = [];
    private readonly List<string> _classNames = [];
    private readonly List<int> _predicted = [], _explained = [];

    /// <summary>The number of rows.</summary>
    public int Rows => _predicted.Count;

    /// <summary>How many of them could not be explained.</summary>
    public int Failures { get; private set; }

    /// <summary>The names of the classes, in the order in which they were met.</summary>
    public IReadOnlyList<string> ClassNames => _classNames;

    /// <summary>The predicted class of each row; -1: not known.</summary>
    public IReadOnlyList<int> Predicted => _predicted;

    /// <summary>The explained class of each row; -1: not known.</summary>
    public IReadOnlyList<int> Explained => _explained;

    /// <summary>The bits of each row.</summary>
    public NumberColumn Bits => _bits;

    /// <summary>The most bits at one place of each row: per pixel of a map, of a word or of a byte.</summary>
    public NumberColumn Largest => _largest;

    /// <summary>Whether any row has bytes.</summary>
    public bool HasBytes { get; private set; }

    /// <summary>Adds a row.</summary>
    /// <param name="row">What the caller knows of it.</param>
    /// <param name="bits">Its bits; null: none.</param>
    /// <param name="largest">The most bits at one place; null: none.</param>
    /// <param name="failed">Whether it could not be explained.</param>
    public void Add(ReportRow row, double? bits, double? largest, bool failed)
    {
        _bits.Add(failed ? null : bits);
        _probability.Add(row.Probability);
        _kept.Add(failed ? null : row.ProbabilityKept);
        _largest.Add(failed ? null : largest);
        foreach (var (name, value) in row.Scores)
        {
            if (!_scores.TryGetValue(name, out var column)) _scores[name] = column = new($"score{_scores.Count}", name);
            column.FillTo(Rows);
            column.Add(value);
        }

        _predicted.Add(ClassOf(row.PredictedClass));
        _explained.Add(ClassOf(row.Target ?? row.PredictedClass));
        HasBytes |= row.Bytes.Count > 0;
        if (failed) Failures++;
    }

    /// <summary>The columns that any row has a value of, for readers; the last says how unusual each row's bits are.</summary>
    public IReadOnlyList<NumberColumn> Finish()
    {
        var unusual = new NumberColumn("unusual", "Distance from usual bits");
        foreach (double distance in Unusualness.Of(_bits.Values, _explained)) unusual.Add(distance);
        NumberColumn[] columns = [_bits, _probability, _kept, .. _scores.Values, unusual];
        foreach (var column in columns) column.FillTo(Rows);
        return [.. columns.Where(column => column.Known.Any())];
    }

    private int ClassOf(string? name)
    {
        if (name is null) return -1;
        if (_classes.TryGetValue(name, out int known)) return known;
        _classNames.Add(name);
        return _classes[name] = _classes.Count;
    }
}
