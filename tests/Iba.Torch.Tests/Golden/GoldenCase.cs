using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>One recorded run of the reference implementation.</summary>
public sealed class GoldenCase
{
    private readonly JsonElement _json;

    private GoldenCase(string name)
    {
        Name = name;
        using var file = File.OpenRead(Path.Combine(Folder, name, "case.json.gz"));
        using var json = new GZipStream(file, CompressionMode.Decompress);
        using var document = JsonDocument.Parse(json);
        _json = document.RootElement.Clone();
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden", "Cases");

    public static IReadOnlyList<string> Names { get; }
        = [.. Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    public static GoldenCase Load(string name) => new(name);

    public string Name { get; }

    public string NetworkPath => Path.Combine(Folder, Name, "network.onnx");

    public long Target => _json.GetProperty("target").GetInt64();

    public double ActiveThreshold => Option("active_threshold");

    public BottleneckOptions Options => new()
    {
        Beta = Option("beta"),
        Steps = (int)Option("steps"),
        NoiseCopies = (int)Option("samples"),
        LearningRate = Option("learning_rate"),
        InitialAlpha = Option("initial_alpha"),
        MinStd = Option("min_std"),
        Sigma = _json.GetProperty("options").GetProperty("sigma") is { ValueKind: JsonValueKind.Number } sigma ? sigma.GetDouble() : 0,
        ClampToRelu = _json.GetProperty("options").GetProperty("clamp_to_relu").GetBoolean(),
    };

    /// <summary>A recorded array, as float32.</summary>
    public Tensor Array(string name)
    {
        var array = _json.GetProperty(name);
        long[] shape = [.. array.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
        float[] values = MemoryMarshal.Cast<byte, float>(array.GetProperty("float32_le_base64").GetBytesFromBase64()).ToArray();
        return tensor(values, shape);
    }

    /// <summary>A recorded list of one number per step.</summary>
    public Tensor History(string name) => tensor(_json.GetProperty(name).EnumerateArray().Select(value => value.GetDouble()).ToArray());

    private double Option(string name) => _json.GetProperty("options").GetProperty(name).GetDouble();
}
