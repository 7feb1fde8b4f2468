using System.IO.Compression;
using System.Text.Json;

namespace Iba.Onnx.Tests;

/// <summary>One of the ONNX project's own tests: a model of one node, inputs and expected outputs.</summary>
public sealed record NodeTestCase(
    string Name, long Opset, IReadOnlyList<string> Operators, double RelativeTolerance, double AbsoluteTolerance,
    byte[] Model, IReadOnlyList<byte[]> Inputs, IReadOnlyList<byte[]> Outputs)
{
    private static readonly Lazy<IReadOnlyList<NodeTestCase>> Cases = new(Read);

    public static IReadOnlyList<NodeTestCase> All => Cases.Value;

    private static NodeTestCase[] Read()
    {
        using var archive = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Assets", "onnx-node-tests.zip"));
        return archive.Entries
            .Where(entry => entry.Name.Length > 0)
            .GroupBy(entry => entry.FullName.Split('/')[0])
            .OrderBy(files => files.Key, StringComparer.Ordinal)
            .Select(files => Read(files.Key, files.ToDictionary(entry => entry.Name, Bytes)))
            .ToArray();
    }

    private static NodeTestCase Read(string name, Dictionary<string, byte[]> files)
    {
        using var facts = JsonDocument.Parse(files["case.json"]);
        var root = facts.RootElement;
        return new NodeTestCase(
            name,
            root.GetProperty("opset").GetInt64(),
            root.GetProperty("ops").EnumerateArray().Select(op => op.GetString()!).ToArray(),
            root.GetProperty("rtol").GetDouble(),
            root.GetProperty("atol").GetDouble(),
            files["model.onnx"],
            Numbered("input_"),
            Numbered("output_"));

        byte[][] Numbered(string prefix) => Enumerable.Range(0, files.Count)
            .Select(i => files.GetValueOrDefault($"{prefix}{i}.pb")).TakeWhile(bytes => bytes != null).ToArray()!;
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
