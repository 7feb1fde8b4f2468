using System.Collections;
using System.Globalization;
using System.Reflection;
using Iba.Torch;

namespace Iba.MLNet;

/// <summary>An estimator's options as lines of text, "name = value", by name; what is null is left out.</summary>
internal static class OptionLines
{
    /// <summary>The network has its hash; the rest is about the machine, or of the process.</summary>
    private static readonly HashSet<string> LeftOut =
        [nameof(AttributionOptions.Network), nameof(AttributionOptions.Model), nameof(AttributionOptions.Progress), nameof(AttributionOptions.Execution)];

    public static string[] Of(AttributionOptions options) => options.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance)
        .Where(field => !LeftOut.Contains(field.Name))
        .Select(field => (field.Name, Text: Text(field.GetValue(options))))
        .Where(line => line.Text != null)
        .OrderBy(line => line.Name, StringComparer.Ordinal)
        .Select(line => $"{line.Name} = {line.Text}")
        .ToArray();

    private static string? Text(object? value) => value switch
    {
        null => null,
        BottleneckLoss loss => loss.Name,
        ExplanationTarget target => target.Name,
        AttributionMethod method => method.Name,
        IReadOnlyList<(string OutputColumnName, AttributionMethod Method)> methods => string.Join(", ", methods.Select(further => $"{further.OutputColumnName} by {further.Method.Name}")),
        IReadOnlyList<(string OutputColumnName, string Layer)> layers => string.Join(", ", layers.Select(further => $"{further.OutputColumnName} at {further.Layer}")),
        IDictionary<string, string> columns => string.Join(", ", columns.OrderBy(column => column.Key, StringComparer.Ordinal).Select(column => $"{column.Key} from {column.Value}")),
        string text => text,
        IEnumerable values => string.Join(", ", values.Cast<object>()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
