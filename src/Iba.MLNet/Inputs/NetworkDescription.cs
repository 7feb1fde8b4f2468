using Iba.Onnx;
using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What a network's file says about it, beside what it computes; nothing for other networks.</summary>
internal static class NetworkDescription
{
    /// <summary>The names of the classes that the file has; null: none.</summary>
    public static IReadOnlyList<string>? ClassNames(Network network) => (network as OnnxNetwork)?.ClassNames;

    /// <summary>The id that the network is padded with; null: the file does not say it.</summary>
    public static long? PaddingId(Network network) => (network as OnnxNetwork)?.PaddingId;

    /// <summary>The output that the class scores are read from; null: the network has no names for its outputs.</summary>
    public static string? OutputName(Network network) => (network as OnnxNetwork)?.OutputName;

    /// <summary>The outputs that the class scores could be read from as well, where the user did not choose one.</summary>
    public static IReadOnlyList<string> OtherOutputs(Network network)
        => network is OnnxNetwork { HasNamedOutput: false } onnx ? onnx.OtherOutputs : [];
}
