using System.Text.Json;

namespace Iba.Evaluation;

/// <summary>Measurements on disk, a line of JSON for each, so that a run that was interrupted goes on where it ended.</summary>
/// <param name="folder">Where the files are, one for each network and method.</param>
internal sealed class MeasurementStore(string folder)
{
    public IReadOnlyList<Measurement> Read(Subject subject, Contender contender)
    {
        string path = PathOf(subject, contender);
        if (!File.Exists(path)) return [];
        // A line that was being written when the run ended does not count.
        return File.ReadLines(path).Where(line => line.EndsWith('}')).Select(line => JsonSerializer.Deserialize<Measurement>(line)!).ToArray();
    }

    public void Add(Subject subject, Contender contender, Measurement measurement)
    {
        Directory.CreateDirectory(folder);
        File.AppendAllText(PathOf(subject, contender), JsonSerializer.Serialize(measurement) + "\n");
    }

    /// <summary>The map of a row, for pictures of it.</summary>
    public float[]? ReadMap(Subject subject, Contender contender, EvaluatedRow row)
    {
        string path = MapPathOf(subject, contender, row);
        if (!File.Exists(path)) return null;
        byte[] bytes = File.ReadAllBytes(path);
        float[] map = new float[bytes.Length / sizeof(float)];
        Buffer.BlockCopy(bytes, 0, map, 0, bytes.Length);
        return map;
    }

    public void AddMap(Subject subject, Contender contender, EvaluatedRow row, float[] map)
    {
        Directory.CreateDirectory(folder);
        byte[] bytes = new byte[map.Length * sizeof(float)];
        Buffer.BlockCopy(map, 0, bytes, 0, bytes.Length);
        File.WriteAllBytes(MapPathOf(subject, contender, row), bytes);
    }

    private string PathOf(Subject subject, Contender contender) => Path.Combine(folder, $"{subject.Name}, {contender.Name}.jsonl");

    private string MapPathOf(Subject subject, Contender contender, EvaluatedRow row) => Path.Combine(folder, $"{subject.Name}, {contender.Name}, {row.Name}.f32");
}
