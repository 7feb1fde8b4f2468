using System.Globalization;
using System.Text.Json;

namespace Iba.MLNet;

/// <summary>
/// Reads names of classes for <see cref="AttributionOptions.ClassNames"/> out of the files that networks come with. Names that an ONNX file has in its
/// metadata are found without it.
/// </summary>
public static class ClassNameFile
{
    private const string HuggingFaceNames = "id2label";

    /// <summary>Reads a file.</summary>
    /// <param name="path">
    /// A text with the name of class i in line i (from 0; empty lines at the end do not count); or, named <c>.json</c>, a list of names, an object with the
    /// numbers 0, 1, ... as keys (a list as value: its last text, as in ImageNet's class index), or an object with such a one named <c>id2label</c>
    /// (Hugging Face's <c>config.json</c>).
    /// </param>
    /// <returns>The names, by class; at least one.</returns>
    /// <exception cref="InvalidDataException">The file holds no such names; the message says what it holds.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static string[] Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string[] names = Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase) ? OfJson(path) : OfLines(path);
        return names.Length > 0 ? names : throw new InvalidDataException($"'{path}' has no class names.");
    }

    private static string[] OfLines(string path)
    {
        var lines = File.ReadAllLines(path).Select(line => line.Trim()).ToList();
        while (lines.Count > 0 && lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        int empty = lines.IndexOf("");
        return empty < 0 ? [.. lines] : throw new InvalidDataException($"Line {empty + 1} of '{path}' is empty: line i + 1 is the name of class i, and each class has one.");
    }

    private static string[] OfJson(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(HuggingFaceNames, out var names)) root = names;
            return root.ValueKind switch
            {
                JsonValueKind.Array => [.. root.EnumerateArray().Select(name => Text(name, path))],
                JsonValueKind.Object => OfNumbers(root, path),
                _ => throw new InvalidDataException($"'{path}' is neither a list of names nor an object of numbers and names."),
            };
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"'{path}' is no JSON: {problem.Message}", problem);
        }
    }

    private static string[] OfNumbers(JsonElement names, string path)
    {
        string?[] all = new string?[names.EnumerateObject().Count()];
        foreach (var name in names.EnumerateObject())
        {
            bool isClass = int.TryParse(name.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < all.Length && all[index] == null;
            if (!isClass) throw new InvalidDataException($"'{path}' has the key '{name.Name}' where the {all.Length} numbers from 0 to {all.Length - 1} are expected, each once.");
            all[index] = Text(name.Value, path);
        }

        return all!;
    }

    private static string Text(JsonElement name, string path) => name.ValueKind switch
    {
        JsonValueKind.String => name.GetString()!,
        JsonValueKind.Array when name.GetArrayLength() > 0 => Text(name[name.GetArrayLength() - 1], path),
        _ => throw new InvalidDataException($"'{path}' has {name.GetRawText()} where a name is expected."),
    };
}
