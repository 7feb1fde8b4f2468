using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>The versions of the operator sets ("opsets") that a model or a function imports, by domain.</summary>
internal sealed class OperatorSets
{
    /// <summary>The newest version of the standard operators that is known here.</summary>
    public const long NewestKnown = 28;

    private readonly Dictionary<string, long> _versions = [];

    /// <exception cref="OnnxFormatException">The version of the standard operators is not known.</exception>
    public OperatorSets(IEnumerable<OperatorSetIdProto> imports, string where)
    {
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

    /// <summary>The version of a domain; 1 where it is not imported (files of IR version 2 import nothing).</summary>
    public long Of(string domain) => _versions.GetValueOrDefault(Normalise(domain), 1);
}
