using System.IO.Compression;
using System.Text.Json;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>A tensor of a case: its name, type and shape, and the file with its elements.</summary>
public sealed record ExportedTensor(string Name, string Type, long[] Shape, byte[] Bytes)
{
    public Tensor ToTensor()
    {
        var tensor = empty(Shape, dtype: Type switch
        {
            "float32" => ScalarType.Float32,
            "float64" => ScalarType.Float64,
            "float16" => ScalarType.Float16,
            "int64" => ScalarType.Int64,
            "int32" => ScalarType.Int32,
            "uint8" => ScalarType.Byte,
            "bool" => ScalarType.Bool,
            _ => throw new NotSupportedException(Type),
        });
        tensor.bytes = Bytes;
        return tensor;
    }
}

/// <summary>A cut with the derivative of f = sum of output_i cos(i) along a direction.</summary>
public sealed record ExportedCut(string Tensor, byte[] Direction, double GradientNorm, double DirectionalDerivative, double Uncertainty);

/// <summary>A small classifier as an exporter wrote it, with inputs and outputs (see Assets/SOURCES.md).</summary>
public sealed record ExportedNetwork(
    string Name, byte[] Model, IReadOnlyList<ExportedTensor> Inputs, IReadOnlyList<ExportedTensor> Outputs, ExportedCut? Cut)
{
    private static readonly Lazy<Dictionary<string, ExportedNetwork>> Cases = new(() =>
    {
        using var archive = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Assets", "onnx-networks.zip"));
        return archive.Entries.Where(entry => entry.Name.Length > 0).GroupBy(entry => entry.FullName.Split('/')[0])
            .ToDictionary(files => files.Key, files => Read(files.Key, files.ToDictionary(entry => entry.Name, Bytes)));
    });

    public static IEnumerable<string> Names => Cases.Value.Keys.Order(StringComparer.Ordinal);

    public static ExportedNetwork Get(string name) => Cases.Value[name];

    public OnnxNetwork Load(OnnxNetworkOptions? options = null)
        => OnnxNetwork.Load(new MemoryStream(Model), options ?? new OnnxNetworkOptions { RemoveSoftmax = false });

    private static ExportedNetwork Read(string name, Dictionary<string, byte[]> files)
    {
        using var facts = JsonDocument.Parse(files["case.json"]);
        var root = facts.RootElement;
        ExportedCut? cut = null;
        if (root.TryGetProperty("cut", out var at) && at.ValueKind == JsonValueKind.Object && at.TryGetProperty("tensor", out var tensor))
        {
            cut = new ExportedCut(
                tensor.GetString()!, files[at.GetProperty("direction_file").GetString()!], at.GetProperty("gradient_norm_estimate").GetDouble(),
                at.GetProperty("directional_derivative").GetDouble(), at.GetProperty("uncertainty").GetDouble());
        }

        return new ExportedNetwork(name, files["network.onnx"], Tensors("inputs"), Tensors("outputs"), cut);

        ExportedTensor[] Tensors(string property) => root.GetProperty(property).EnumerateArray().Select(item => new ExportedTensor(
            item.GetProperty("name").GetString()!,
            item.GetProperty("dtype").GetString()!,
            item.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray(),
            files[item.GetProperty("file").GetString()!])).ToArray();
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
