using System.Globalization;
using Microsoft.ML.Data;

namespace Iba.Cli;

/// <summary>
/// Where the objects of pictures are, out of a CSV file: a box a line, as path, left, top, width and height in pixels of the photograph. A picture may have
/// several boxes, or none. The first line may be a heading.
/// </summary>
internal sealed class ObjectBoxes
{
    /// <summary>The column of boxes.</summary>
    public const string Column = "Iba.Cli.Boxes";

    private const int Numbers = 4;

    private readonly Dictionary<string, List<float>> _boxes = [];

    /// <summary>Its type: four numbers for each box.</summary>
    public static VectorDataViewType Type { get; } = new(NumberDataViewType.Single);

    /// <summary>The boxes of a picture; none: it has none.</summary>
    public float[] Of(string path) => _boxes.TryGetValue(Path.GetFullPath(path), out var boxes) ? [.. boxes] : [];

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="folder">Where its paths start from; empty: where it lies itself.</param>
    /// <param name="pictures">The paths of the pictures that are evaluated.</param>
    /// <exception cref="InvalidDataException">A line is no box, or none is of these pictures.</exception>
    public static ObjectBoxes Read(string file, string folder, IEnumerable<string> pictures)
    {
        if (!File.Exists(file)) throw new FileNotFoundException($"There is no file '{file}' of boxes.");
        var boxes = new ObjectBoxes();
        string start = folder.Length > 0 ? folder : Path.GetDirectoryName(Path.GetFullPath(file))!;
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line) || boxes.TryAdd(line, start) || (number == 1 && IsHeading(line))) continue;
            throw new InvalidDataException($"Line {number} of '{file}' is '{line}', and no box: path, left, top, width and height, with commas between them, width and height above 0.");
        }

        if (pictures.Any(picture => boxes._boxes.ContainsKey(Path.GetFullPath(picture)))) return boxes;
        throw new InvalidDataException($"'{file}' has no box of any of these pictures: its paths start from '{start}'; its first is '{boxes._boxes.Keys.FirstOrDefault()}'.");
    }

    // Paths may hold commas; they stand first, and may be quoted.
    private bool TryAdd(string line, string start)
    {
        string[] words = line.Split(',');
        if (words.Length <= Numbers) return false;
        float[] box = [.. words[^Numbers..].Select(word => float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) ? value : float.NaN)];
        if (!box.All(float.IsFinite) || box[2] <= 0 || box[3] <= 0) return false;
        string path = string.Join(',', words[..^Numbers]).Trim();
        if (path is ['"', .. var quoted, '"']) path = quoted.Replace("\"\"", "\"", StringComparison.Ordinal);
        path = Path.GetFullPath(Path.Combine(start, path));
        if (!_boxes.TryGetValue(path, out var boxes)) _boxes[path] = boxes = [];
        boxes.AddRange(box);
        return true;
    }

    private static bool IsHeading(string line) => line.Split(',') is { Length: > Numbers } words && words[^Numbers..].All(word => !float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
}
