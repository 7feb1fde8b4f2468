using System.Buffers.Binary;
using System.Text;

namespace Iba.Onnx;

/// <summary>Recognises files that are taken for ONNX networks and are none, by their first bytes.</summary>
internal static class ForeignFile
{
    /// <summary>How many bytes are looked at.</summary>
    public const int Length = 256;

    private const string Export = "Export the network to ONNX first";

    /// <summary>What a file is and what to do about it, to be read after "The file is"; null where it is not recognised.</summary>
    /// <param name="first">The file's first bytes.</param>
    public static string? Recognise(ReadOnlySpan<byte> first)
    {
        if (first.Length == 0) return "empty: a download or copy was not finished. Fetch it again.";
        if (first.StartsWith("version https://git-lfs"u8)) return "a pointer of Git LFS, not the file itself. Fetch the file: git lfs pull.";
        if (first.StartsWith("PK\x03\x04"u8)) return Archive(first);
        if (first is [0x89, (byte)'H', (byte)'D', (byte)'F', ..])
            return $"a Keras network (HDF5). {Export}: python -m tf2onnx.convert --keras FILE --output network.onnx.";
        if (first.Length >= 8 && first[4..8].SequenceEqual("TFL3"u8)) return $"a TensorFlow Lite network. {Export}: python -m tf2onnx.convert --tflite FILE --output network.onnx.";
        if (first.Length >= 8 && first[4..8].SequenceEqual("ORTM"u8)) return "a network in OnnxRuntime's own format (.ort), which leaves out what gradients need. Use the .onnx file that it was made from.";
        if (first is [0x80, >= 2 and <= 5, ..]) return $"a Python pickle, as older PyTorch versions save networks. {Export}: torch.onnx.export.";
        if (first is [0x1f, 0x8b, ..]) return "compressed (gzip). Unpack it first.";
        if (first.Length >= 9 && BinaryPrimitives.ReadInt64LittleEndian(first) is > 0 and < 1 << 30 && first[8] == (byte)'{')
            return $"a file of weights (safetensors) without the network that they belong to. {Export}.";
        return Text(first) ?? Protobuf(first);
    }

    /// <summary>The first entry of an archive tells PyTorch and Keras from others.</summary>
    private static string Archive(ReadOnlySpan<byte> first)
    {
        int length = first.Length >= 30 ? BinaryPrimitives.ReadUInt16LittleEndian(first[26..]) : 0;
        string entry = Encoding.UTF8.GetString(first[Math.Min(30, first.Length)..Math.Min(30 + length, first.Length)]);
        if (entry.EndsWith("data.pkl", StringComparison.Ordinal) || entry.EndsWith(".format_version", StringComparison.Ordinal) || entry.Contains("/code/", StringComparison.Ordinal))
            return $"a PyTorch file. {Export} (torch.onnx.export), or, if it is TorchScript, load it with TorchScriptNetwork.Load.";
        if (entry is "metadata.json" or "config.json" or "model.weights.h5") return $"a Keras network. {Export}: model.export(\"network.onnx\", format=\"onnx\"), or tf2onnx.";
        return $"a zip archive, whose first entry is '{entry}'. Unpack it: name the .onnx file inside.";
    }

    private static string? Text(ReadOnlySpan<byte> first)
    {
        string start = Encoding.UTF8.GetString(first).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return "a web page: its address led to a page about the network, or to a message. Download the file itself.";
        if (start.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase)) return $"XML, for example a network of OpenVINO. {Export}.";
        return start.StartsWith('{') ? "JSON, for example a message of a server instead of the file. Look into it, and download the file itself." : null;
    }

    /// <summary>Formats that are protobuf messages like ONNX, with other fields in front.</summary>
    private static string? Protobuf(ReadOnlySpan<byte> first) => first switch
    {
        [0x0a, ..] => $"perhaps a frozen graph of TensorFlow (.pb). {Export}: python -m tf2onnx.convert --graphdef FILE --output network.onnx.",
        [0x08, < 0x20, 0x12, _, 0x0a, ..] or [0x08, < 0x20, 0x12, >= 0x80, _, 0x0a, ..] or [0x08, < 0x20, 0x12, >= 0x80, >= 0x80, _, 0x0a, ..] or [0x08, 0x01, 0x12, ..]
            => $"perhaps a Core ML network or a SavedModel of TensorFlow. {Export}, from the framework that it was trained in.",
        _ => null,
    };
}
