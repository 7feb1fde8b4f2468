using System.Collections;

namespace Iba.Reports;

/// <summary>Where a report's rows come from: names and values in the order in which they are to be read.</summary>
public sealed class ReportProvenance : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _facts = [];

    /// <summary>Adds a line.</summary>
    /// <param name="name">What is said, for example "network".</param>
    /// <param name="value">Its value, plain text.</param>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        _facts.Add(new(name, value));
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _facts.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
