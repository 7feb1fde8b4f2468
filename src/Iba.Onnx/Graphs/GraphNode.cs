using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>One node of a <see cref="Graph"/>. Names of left-out inputs and outputs are empty.</summary>
/// <param name="Proto">The node as the file has it; operators read attributes and output names from it.</param>
/// <param name="Opset">The version of the node's domain.</param>
/// <param name="Inputs">The names that it reads; passes over the graph may change them.</param>
/// <param name="Outputs">The names that it writes.</param>
/// <param name="Compute">The operator; null where it is not claimed.</param>
/// <param name="Subgraphs">Its graph attributes (If, Loop, Scan).</param>
internal sealed record GraphNode(
    NodeProto Proto,
    long Opset,
    string[] Inputs,
    string[] Outputs,
    Func<OperatorCall, OnnxValue[]>? Compute,
    IReadOnlyDictionary<GraphProto, Graph> Subgraphs)
{
    public string Operator => Proto.OpType;

    public string Domain => OperatorSets.Normalise(Proto.Domain);

    /// <summary>Every name that the node or a graph inside it reads.</summary>
    public IEnumerable<string> Reads()
        => Inputs.Where(name => name.Length > 0).Concat(Subgraphs.Values.SelectMany(graph => graph.Captures())).Distinct();

    /// <summary>How error messages call the node.</summary>
    public string Label => $"'{(Proto.Name.Length > 0 ? Proto.Name : Outputs.FirstOrDefault(""))}' ({(Domain.Length > 0 ? Domain + "." : "")}{Operator})";
}
