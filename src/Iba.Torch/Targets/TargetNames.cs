using System.Globalization;
using System.Text.Json;

namespace Iba.Torch;

/// <summary>The names by which targets are saved: a word, and behind it what the target was made with, as a JSON array.</summary>
internal static class TargetNames
{
    public const string Class = "class", Contrast = "contrast", Top = "top-classes", Each = "each", Labels = "labels", Value = "value", Region = "region", Box = "box",
        SimilarTo = "similar-to";

    private static readonly ExplanationTarget[] Plain =
        [ExplanationTarget.PredictedClass, ExplanationTarget.Label, ExplanationTarget.PredictedLabels, ExplanationTarget.Embedding];

    private static readonly Dictionary<string, Func<JsonElement[], ExplanationTarget>> Makers = new()
    {
        [Contrast] = given => given is [{ ValueKind: JsonValueKind.Number }, _]
            ? ExplanationTarget.Contrast(given[0].GetInt32(), given[1].GetInt32())
            : ExplanationTarget.Contrast(Text(given[0]), Text(given[1])),
        [Top] = given => ExplanationTarget.TopClasses(given[0].GetInt32()),
        [Each] = given => ExplanationTarget.Each(given.Select(name => ExplanationTarget.Parse(Text(name))).ToArray()),
        [Labels] = given => given is [{ ValueKind: JsonValueKind.String }]
            ? ExplanationTarget.LabelsOf(Text(given[0]))
            : ExplanationTarget.Labels(given.Select(label => label.GetInt32()).ToArray()),
        [Value] = given => given[0].ValueKind == JsonValueKind.Number
            ? ExplanationTarget.Value(given[0].GetInt32(), Tolerance(given))
            : ExplanationTarget.Value(Text(given[0]), Tolerance(given)),
        [Region] = RegionTarget.Of,
        [Box] = given => ExplanationTarget.Box(
            Enum.Parse<BoxLayout>(Text(given[0])), given[1].ValueKind == JsonValueKind.Null ? null : Text(given[1]), given[2].GetBoolean()),
        [SimilarTo] = given => ExplanationTarget.SimilarTo(Text(given[0])),
    };

    /// <summary>The names, for messages.</summary>
    public static string Known
        => $"{ExplanationTarget.PredictedClass.Name}, {ExplanationTarget.Label.Name}, and {Class} 0, {Class} 1 and so on; {ExplanationTarget.PredictedLabels.Name}, " +
            $"{ExplanationTarget.Embedding.Name}; and, with what they were made with, {string.Join(", ", Makers.Keys)}";

    /// <summary>A name of a word and what follows it.</summary>
    public static string Of(string word, params object?[] given) => $"{word} {JsonSerializer.Serialize(given)}";

    /// <summary>Whether a name is, or begins like, one of the library's.</summary>
    public static bool IsTaken(string name)
    {
        string word = name.Split(' ', 2)[0];
        return word == Class || Makers.ContainsKey(word) || Array.Exists(Plain, target => target.Name == name);
    }

    /// <summary>The library's target of a name; null: there is none.</summary>
    public static ExplanationTarget? Find(string name)
    {
        if (Array.Find(Plain, target => target.Name == name) is { } plain) return plain;
        if (name.Split(' ', 2) is not [var word, var given]) return null;
        if (word == Class) return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? ExplanationTarget.Class(index) : null;
        if (!Makers.TryGetValue(word, out var make)) return null;
        try
        {
            using var document = JsonDocument.Parse(given);
            return make([.. document.RootElement.EnumerateArray()]);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException or ArgumentException)
        {
            return null;
        }
    }

    public static string Text(JsonElement element) => element.GetString() ?? throw new FormatException();

    private static double? Tolerance(JsonElement[] given) => given[1].ValueKind == JsonValueKind.Null ? null : given[1].GetDouble();
}
