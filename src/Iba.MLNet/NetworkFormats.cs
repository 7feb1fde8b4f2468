using System.Collections.Concurrent;
using Iba.Onnx;
using Iba.Torch;

namespace Iba.MLNet;

/// <summary>The loaders of networks saved inside a model file, by <see cref="Network.Format"/>.</summary>
public static class NetworkFormats
{
    private static readonly ConcurrentDictionary<string, Func<Stream, Network>> Loaders = new()
    {
        ["onnx"] = OnnxNetwork.Load,
        ["module"] = ModuleNetwork.Load,
        ["torchscript"] = TorchScriptNetwork.Load,
    };

    /// <summary>Adds a format, so that model files with such a network can be loaded. Needed once in every process that loads them.</summary>
    /// <param name="format">What <see cref="Network.Format"/> returns.</param>
    /// <param name="load">Reads what <see cref="Network.Save"/> wrote; the stream need not be seekable.</param>
    public static void Register(string format, Func<Stream, Network> load)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(format);
        ArgumentNullException.ThrowIfNull(load);
        Loaders[format] = load;
    }

    /// <exception cref="NotSupportedException">Nobody registered the format.</exception>
    internal static Network Load(string format, Stream stream) => Loaders.TryGetValue(format, out var load)
        ? load(stream)
        : throw new NotSupportedException(
            $"The model file holds a network of format '{format}'. Known are: {string.Join(", ", Loaders.Keys.Order())}. " +
            $"Call {nameof(NetworkFormats)}.{nameof(Register)} with its loader first.");
}
