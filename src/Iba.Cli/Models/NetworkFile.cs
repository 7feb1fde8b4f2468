using System.IO.Compression;
using Iba.Onnx;
using Iba.Torch;

namespace Iba.Cli;

/// <summary>A file with a network: which kind it is, by what is in it, and how it is loaded.</summary>
internal static class NetworkFile
{
    /// <summary>What <see cref="Network.Format"/> says of TorchScript, whose files bring code that is run.</summary>
    public const string TorchScript = "torchscript";

    private const string Kinds = "ONNX (.onnx), TorchScript (.pt of torch.jit.save), and what TorchScriptNetwork.Save or ModuleNetwork.Save wrote";
    private const string SavedScript = "iba-torchscript", SavedModule = "iba-module";

    /// <summary>Loads a network.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">The shape of a row, which TorchScript files do not say; null: it was not given.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is of another kind, or damaged.</exception>
    /// <exception cref="UsageException">The shape is missing, or the file has its own.</exception>
    public static Network Load(string path, IReadOnlyList<long>? shape)
    {
        if (!File.Exists(path)) throw new FileNotFoundException(Directory.Exists(path) ? $"'{path}' is a folder, and a network is a file." : $"There is no network '{path}'.");
        string kind = KindOf(path);
        if (kind == TorchScript)
        {
            TorchScriptTrust.Give();
            return TorchScriptNetwork.Load(path, shape ?? throw new UsageException($"'{path}' is TorchScript, which does not say what it takes: add --input-shape, such as 3,224,224 (a row, without the batch)."));
        }

        if (shape != null) throw new UsageException($"--input-shape is for TorchScript files, and '{path}' says its own shape: leave it away.");
        if (kind == SavedScript)
        {
            TorchScriptTrust.Give();
            return Saved(path, TorchScriptNetwork.Load);
        }

        return kind == SavedModule ? Saved(path, ModuleNetwork.Load) : Onnx(path);
    }

    /// <summary>Whether a file is TorchScript as torch.jit.save writes it.</summary>
    public static bool IsTorchScript(string path) => File.Exists(path) && KindOf(path) == TorchScript;

    private static Network Saved(string path, Func<Stream, Network> load)
    {
        using var stream = File.OpenRead(path);
        return load(stream);
    }

    private static OnnxNetwork Onnx(string path)
    {
        try
        {
            return OnnxNetwork.Load(path);
        }
        catch (Exception problem) when (!path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) && problem is OnnxFormatException or InvalidDataException)
        {
            throw new InvalidDataException($"'{path}' is no network that can be explained: it is none of {Kinds}.");
        }
    }

    private static string KindOf(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[SavedScript.Length + 1];
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (read < 2) throw new InvalidDataException($"'{path}' is empty, and no network.");
        foreach (string signature in new[] { SavedScript, SavedModule })
        {
            if (start[0] == signature.Length && start[1..read].StartsWith(System.Text.Encoding.ASCII.GetBytes(signature))) return signature;
        }

        return start is [(byte)'P', (byte)'K', ..] ? KindOfZip(path) : "";
    }

    private static string KindOfZip(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        if (zip.Entries.Any(entry => entry.FullName.Contains("/code/", StringComparison.Ordinal))) return TorchScript;
        string what = zip.Entries.Any(entry => entry.Name == "data.pkl")
            ? "holds weights that torch.save wrote, which are no network without the program that made them: export it with torch.onnx.export or torch.jit.save"
            : "is a model of ML.NET or another zip: an explainer's goes with --model";
        throw new InvalidDataException($"'{path}' {what}. Networks are {Kinds}.");
    }
}
