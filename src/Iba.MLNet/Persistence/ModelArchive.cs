using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Loads one transformer out of a model file that names no other component. ML.NET's own loader makes whatever a file names, out of any assembly
/// that it names; here the file's headers are only read, and nothing is looked up by name.
/// </summary>
internal static partial class ModelArchive
{
    /// <summary>The older name of <see cref="ModelEntries.Key"/>, which ML.NET still reads.</summary>
    private const string OldKey = "Model.bin";

    /// <param name="host">For errors.</param>
    /// <param name="stream">The model file; seekable; left open.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="loaderSignature">The one component that may be loaded.</param>
    /// <param name="create">Makes it.</param>
    /// <exception cref="FormatException">It is no such file, or beyond the limits; the message says what was found.</exception>
    public static T Load<T>(IHost host, Stream stream, LoadLimits limits, string loaderSignature, Func<ModelLoadContext, T> create)
    {
        host.CheckValue(stream, nameof(stream));
        host.CheckParam(stream.CanRead && stream.CanSeek, nameof(stream), "The stream must be readable and seekable: copy it to a file first.");
        string folder = FindFolder(host, stream, limits, loaderSignature);
        using var repository = RepositoryReader.Open(stream, host);
        using var entry = repository.OpenEntry(folder, ModelEntries.Key);
        using var context = new ModelLoadContext(repository, entry, folder);
        return create(context);
    }

    /// <summary>Checks the file, and finds the folder of the component.</summary>
    private static string FindFolder(IHost host, Stream stream, LoadLimits limits, string loaderSignature)
    {
        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            var folders = new List<string>();
            var foreign = new List<(string Component, string Folder)>();
            foreach (var entry in archive.Entries)
            {
                string[] path = entry.FullName.Split('/', '\\');
                limits.Check(path[^1], entry.Length, entry.CompressedLength);
                if (!path[^1].Equals(ModelEntries.Key, StringComparison.OrdinalIgnoreCase) && !path[^1].Equals(OldKey, StringComparison.OrdinalIgnoreCase)) continue;
                var (signature, assembly) = ReadHeader(entry);
                bool isChain = signature == TransformerChain.LoaderSignature && assembly == typeof(TransformerChain).Assembly.GetName().Name;
                bool isOurs = signature == loaderSignature && assembly == typeof(ModelArchive).Assembly.GetName().Name;
                if (isOurs) folders.Add(string.Join('/', path[..^1]));
                else if (!isChain) foreign.Add(($"'{signature}' of '{assembly}' in '{entry.FullName}'", string.Join('/', path[..^1])));
            }

            if (foreign.Count > 0)
            {
                string named = string.Join(", ", foreign.Select(component => component.Component));
                string[] models = [.. folders.Select(folder => $"{folder}/{ModelEntries.Model}"), .. folders.Select(folder => $"{folder}/{ModelEntries.Preparation}")];
                bool isExplained = foreign.TrueForAll(component => Array.Exists(models, model => component.Folder == model || component.Folder.StartsWith($"{model}/", StringComparison.Ordinal)));
                throw new InvalidDataException(isExplained
                    ? $"beside '{loaderSignature}' it holds the model that it explains, which names other components: {named}. If you trust whoever made the file, load it with mlContext.Model.Load"
                    : $"it names components other than '{loaderSignature}': {named}. Save the explainer alone, or, if you trust whoever made the file, load it with mlContext.Model.Load");
            }

            // Names are compared without case above, to miss no component; the one that is loaded has its name to the letter.
            if (folders.Count != 1 || !Folder().IsMatch(folders[0]) || archive.GetEntry($"{folders[0]}/{ModelEntries.Key}") == null)
            {
                throw new InvalidDataException($"it holds {folders.Count} components '{loaderSignature}', or not where mlContext.Model.Save puts one");
            }

            return folders[0];
        }
        catch (Exception failure) when (failure is InvalidDataException or FormatException or EndOfStreamException or ArgumentException or NotSupportedException)
        {
            throw host.ExceptDecode(failure, $"The model file is refused: {failure.Message}");
        }
    }

    /// <summary>The component that an entry names (or two: ML.NET would try the second where it lacks the first), and the simple name of its assembly.</summary>
    private static (string Signature, string Assembly) ReadHeader(ZipArchiveEntry entry)
    {
        using var bytes = new MemoryStream();
        using (var content = entry.Open()) content.CopyTo(bytes);
        bytes.Position = 0;
        using var reader = new BinaryReader(bytes, Encoding.UTF8);
        ModelHeader.BeginRead(out _, out var header, out _, out string? assembly, reader);
        string simpleName = assembly == null ? "" : assembly.Split(',')[0].Trim();
        string signature = ModelHeader.GetLoaderSig(ref header) ?? "", second = ModelHeader.GetLoaderSigAlt(ref header) ?? "";
        return (second.Length > 0 ? $"{signature} or {second}" : signature, simpleName);
    }

    [GeneratedRegex(@"^TransformerChain(/Transform_\d{3,9})*$", RegexOptions.CultureInvariant)]
    private static partial Regex Folder();
}
