using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.AttributeProto.Types;

namespace Iba.Onnx;

/// <summary>Outputs that are taken as they are: several become one, joined along their last dimension.</summary>
internal static class OutputJoin
{
    private const string Joined = "iba.outputs";

    /// <summary>Adds what joins outputs to a model.</summary>
    /// <param name="model">The model; changed where there are several names.</param>
    /// <param name="names">The outputs, or any other tensors.</param>
    /// <returns>The tensor that holds them all.</returns>
    /// <exception cref="ArgumentException">There is no such tensor, none is named, or one twice.</exception>
    public static string Run(ModelProto model, IReadOnlyList<string> names)
    {
        var graph = model.Graph;
        if (names.Count == 0 || names.Distinct().Count() != names.Count)
        {
            throw new ArgumentException($"{nameof(OnnxNetworkOptions.OutputNames)} are [{string.Join(", ", names)}]; allowed: at least one, each once.", nameof(names));
        }

        var written = graph.Node.SelectMany(node => node.Output).Where(name => name.Length > 0).ToHashSet();
        if (names.FirstOrDefault(name => !written.Contains(name)) is { } unknown)
        {
            throw new ArgumentException($"The network has no output '{unknown}'. It has: {string.Join(", ", graph.Output.Select(output => $"'{output.Name}'"))}.", nameof(names));
        }

        if (names.Count == 1) return names[0];
        string joined = Joined;
        while (written.Contains(joined)) joined += "_";
        graph.Node.Add(new NodeProto
        {
            OpType = "Concat",
            Name = joined,
            Input = { names },
            Output = { joined },
            Attribute = { new AttributeProto { Name = "axis", I = -1, Type = AttributeType.Int } },
        });
        return joined;
    }
}
