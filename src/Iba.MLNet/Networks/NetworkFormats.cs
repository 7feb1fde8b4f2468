using System.Collections.Concurrent;
using Iba.Onnx;
using Iba.Torch;

namespace Iba.MLNet;

/// <summary>The loaders of networks saved inside a model file, by <see cref="Network.Format"/>.</summary>
/// <remarks>
/// "onnx", "module" and "torchscript" are built in. A file of a format that executes code runs whatever its author wrote into it, so such a
/// format is loaded only after <see cref="Allow"/>: of the built-in ones, "torchscript".
/// </remarks>
public static class NetworkFormats
{
    private sealed record Loader(Func<Stream, Network> Load, bool ExecutesCode);

    private static readonly ConcurrentDictionary<string, Loader> Loaders = new()
    {
        ["onnx"] = new(OnnxNetwork.Load, ExecutesCode: false),
        ["module"] = new(ModuleNetwork.Load, ExecutesCode: false),
        ["torchscript"] = new(TorchScriptNetwork.Load, ExecutesCode: true),
    };

    private static readonly ConcurrentDictionary<string, bool> Allowed = new();

    /// <summary>Adds a format, so that model files with such a network can be loaded. Needed once in every process that loads them.</summary>
    /// <param name="format">What <see cref="Network.Format"/> returns.</param>
    /// <param name="load">Reads what <see cref="Network.Save"/> wrote; the stream need not be seekable.</param>
    /// <param name="executesCode">Whether a file can bring code of its own that loading or running it executes. Default: false.</param>
    public static void Register(string format, Func<Stream, Network> load, bool executesCode = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(format);
        ArgumentNullException.ThrowIfNull(load);
        Loaders[format] = new(load, executesCode);
    }

    /// <summary>
    /// Allows model files with a network of a format that executes code, in this process and from now on. Call it only where you trust
    /// whoever made the files.
    /// </summary>
    /// <param name="format">The format, for example "torchscript".</param>
    public static void Allow(string format)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(format);
        Allowed[format] = true;
    }

    /// <exception cref="NotSupportedException">Nobody registered the format, or it executes code and nobody allowed it.</exception>
    internal static Network Load(string format, Stream stream)
    {
        if (!Loaders.TryGetValue(format, out var loader))
        {
            throw new NotSupportedException(
                $"The model file holds a network of format '{format}'. Known are: {string.Join(", ", Loaders.Keys.Order())}. " +
                $"Call {nameof(NetworkFormats)}.{nameof(Register)} with its loader first.");
        }

        if (loader.ExecutesCode && !Allowed.ContainsKey(format))
        {
            throw new NotSupportedException(
                $"The model file holds a network of format '{format}', which executes the code in it when it is loaded. If you trust whoever made the file, call " +
                $"{nameof(NetworkFormats)}.{nameof(Allow)}(\"{format}\") before loading it.");
        }

        return loader.Load(stream);
    }
}
