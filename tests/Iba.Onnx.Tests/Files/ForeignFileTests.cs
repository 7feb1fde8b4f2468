using System.Text;

namespace Iba.Onnx.Tests;

/// <summary>Files that are taken for ONNX networks and are none.</summary>
public class ForeignFileTests
{
    public static TheoryData<string, byte[], string> Files => new()
    {
        { "nothing", [], "empty" },
        { "Git LFS", Text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"), "git lfs pull" },
        { "a web page", Text("\n<!DOCTYPE html>\n<html lang=\"en\"><head>"), "a web page" },
        { "a page without type", Text("<html><body>Not found</body></html>"), "a web page" },
        { "a message", Text("{\"error\": \"not found\"}"), "JSON" },
        { "OpenVINO", Text("<?xml version=\"1.0\"?>\n<net name=\"n\" version=\"11\">"), "OpenVINO" },
        { "PyTorch", Zip("archive/data.pkl"), "TorchScriptNetwork.Load" },
        { "TorchScript", Zip("net/code/__torch__.py"), "TorchScriptNetwork.Load" },
        { "Keras 3", Zip("metadata.json"), "a Keras network" },
        { "Keras", [0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10, 26, 10, 0, 0, 0, 0], "a Keras network (HDF5)" },
        { "a download", Zip("model.onnx"), "Unpack it: name the .onnx file" },
        { "TensorFlow Lite", [0x1c, 0, 0, 0, .. Text("TFL3"), 0, 0, 0, 0], "a TensorFlow Lite network" },
        { "OnnxRuntime", [0x18, 0, 0, 0, .. Text("ORTM"), 0, 0, 0, 0], ".ort" },
        { "pickle", [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20], "a Python pickle" },
        { "gzip", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], "compressed (gzip)" },
        { "safetensors", [0x40, 0, 0, 0, 0, 0, 0, 0, .. Text("{\"w\":{\"dtype\":\"F32\"}}")], "safetensors" },
        { "Core ML", [0x08, 4, 0x12, 6, 0x0a, 4, 0x0a, 2, (byte)'x', (byte)'y', 0xa2, 0x1f, 0], "Core ML" },
        { "TensorFlow", [0x0a, 5, 0x0a, 1, (byte)'x', 0x12, 0], "a frozen graph of TensorFlow" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void They_are_named_with_what_to_do(string what, byte[] content, string expected)
    {
        Assert.NotEmpty(what);
        Assert.Contains(expected, Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(new MemoryStream(content))).Message, StringComparison.Ordinal);
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, content);
            string message = Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(path)).Message;
            Assert.StartsWith($"'{path}' is ", message, StringComparison.Ordinal);
            Assert.Contains(expected, message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>The begin of an archive: the header of its first entry.</summary>
    private static byte[] Zip(string entry)
    {
        byte[] header = new byte[30];
        Text("PK\u0003\u0004").CopyTo(header, 0);
        header[4] = 20;
        header[26] = (byte)entry.Length;
        return [.. header, .. Text(entry), .. new byte[40]];
    }
}
