using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>The versions of the operator sets ("opsets") that a model or a function imports, by domain.</summary>
internal sealed class OperatorSets
{
    /// <summary>The newest version of the standard operators that is known here.</summary>
    public const long NewestKnown = 28;

    /// <summary>The newest version of the file format itself that is known here.</summary>
    private const long NewestFormat = 14;

    /// <summary>From this version of the format on, files say which operators they import. Before, there was only one set.</summary>
    public const long FirstFormatWithImports = 3;

    private readonly Dictionary<string, long> _versions = [];
    private readonly string _where;

    /// <param name="imports">What is imported.</param>
    /// <param name="where">Who imports it, for messages.</param>
    /// <param name="format">The version of the file format (<c>ir_version</c>).</param>
    /// <exception cref="OnnxFormatException">The version of the standard operators is not known.</exception>
    public OperatorSets(IEnumerable<OperatorSetIdProto> imports, string where, long format)
    {
        _where = where;
        if (format < FirstFormatWithImports) _versions[""] = 1;
        foreach (var import in imports) _versions[Normalise(import.Domain)] = import.Version;
        if (_versions.TryGetValue("", out long version) && version is < 1 or > NewestKnown)
        {
            throw new OnnxFormatException(
                $"The {where} imports version {version} of the standard ONNX operators; versions 1 to {NewestKnown} are known. " +
                "Export it with an older opset.");
        }
    }

    /// <summary>"ai.onnx" is the long name of the standard domain "".</summary>
    public static string Normalise(string domain) => domain == "ai.onnx" ? "" : domain;

    /// <exception cref="OnnxFormatException">The version of the file format is not known.</exception>
    public static void CheckFormat(long format)
    {
        if (format is >= 1 and <= NewestFormat) return;
        throw new OnnxFormatException(
            $"The file declares version {format} of the ONNX format (ir_version); versions 1 to {NewestFormat} are known. Export it with an older version of the exporter.");
    }

    /// <summary>The version of a domain; 1 for others than the standard one that are not imported.</summary>
    /// <exception cref="OnnxFormatException">It is the standard domain, and not imported: operators changed their meaning between versions.</exception>
    public long Of(string domain)
    {
        string name = Normalise(domain);
        if (_versions.TryGetValue(name, out long version)) return version;
        return name.Length > 0 ? 1
            : throw new OnnxFormatException(
                $"The {_where} does not say which version of the standard ONNX operators it imports (opset_import): they changed their meaning. Export it again, or add the version that it was written for.");
    }
}
