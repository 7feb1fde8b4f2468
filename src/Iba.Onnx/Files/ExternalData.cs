using System.Globalization;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>Reads weights that lie in files beside the model. Only files inside the model's own folder are opened.</summary>
internal sealed class ExternalData
{
    private readonly string _folder;

    /// <param name="modelPath">The model's path.</param>
    public ExternalData(string modelPath) => _folder = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;

    /// <summary>Makes the external data of a tensor a weight, or puts them into its message where they need decoding.</summary>
    /// <exception cref="OnnxFormatException">The location leaves the folder, or the file lacks the bytes.</exception>
    public void BringIn(TensorProto tensor, Dictionary<string, TensorValue> weights)
    {
        if (tensor.DataLocation != DataLocation.External) return;
        var entries = tensor.ExternalData.GroupBy(entry => entry.Key).ToDictionary(group => group.Key, group => group.Last().Value);
        string path = PathInFolder(tensor, entries.GetValueOrDefault("location", ""));
        using var file = File.OpenRead(path);
        long offset = Number("offset", 0), length = Number("length", file.Length - offset);
        if (offset > file.Length || length > file.Length - offset)
        {
            throw Error(tensor, $"needs bytes {offset} to {offset + length} of '{Path.GetFileName(path)}', which has {file.Length}");
        }

        file.Position = offset;
        var data = RawData.Read(file, length, (DataType)tensor.DataType) ?? throw new EndOfStreamException($"'{path}' ends too early.");
        tensor.ExternalData.Clear();
        tensor.DataLocation = DataLocation.Default;
        RawData.Take(data, tensor, tensor.Name, weights);

        long Number(string key, long otherwise)
            => !entries.TryGetValue(key, out string? text) ? otherwise
                : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value
                : throw Error(tensor, $"has external data with {key} '{text}', which is no number");
    }

    private string PathInFolder(TensorProto tensor, string location)
    {
        string[] parts = location.Split('/', '\\');
        if (location.Length == 0 || Path.IsPathRooted(location) || parts[0].Contains(':') || parts.Contains("..") || location.Contains('\0'))
        {
            throw Error(tensor, $"has its data at '{location.Replace("\0", "\\0")}'; only files inside the model's own folder are read");
        }

        string path = _folder;
        foreach (string part in parts)
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget != null) throw Error(tensor, $"has its data behind the link '{location}'; links are not followed");
        }

        return File.Exists(path) ? path : throw Error(tensor, $"has its data in '{location}', which does not exist beside the model");
    }

    private static OnnxFormatException Error(TensorProto tensor, string problem) => new($"The initializer '{tensor.Name}' {problem}.");
}
