using Iba.Onnx.Operators;
using Iba.Onnx.Schema;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>A graph ready to run: names resolved to slots, each value freed after its last use.</summary>
internal sealed class GraphProgram
{
    private readonly Step[] _steps;
    private readonly int[] _inputs;
    private readonly int[] _outputs;
    private readonly int[] _captures;
    private readonly (int Slot, OnnxValue Value)[] _constants;
    private readonly int _slots;

    /// <param name="graph">The graph; it must outlive the program.</param>
    /// <exception cref="OnnxFormatException">A name is read that nothing writes.</exception>
    public GraphProgram(Graph graph)
        : this(graph, outer: null)
    {
    }

    private GraphProgram(Graph graph, Func<string, bool>? outer)
    {
        var slots = new Dictionary<string, int>();
        Graph = graph;
        _inputs = graph.Inputs.Select(input => Define(input.Name)).ToArray();
        _constants = graph.Constants.Select(constant => (Define(constant.Key), (OnnxValue)constant.Value)).ToArray();
        var captures = graph.Captures().Where(name => outer?.Invoke(name) == true).ToArray();
        Captures = captures;
        _captures = captures.Select(Define).ToArray();
        _steps = graph.Nodes.Select(Compile).ToArray();
        _outputs = graph.Outputs.Select(output => Find(output.Name, "The graph's outputs")).ToArray();
        _slots = slots.Count;
        PlanReleases();

        int Define(string name) => slots.TryAdd(name, slots.Count) ? slots[name] : throw new OnnxFormatException($"'{name}' has two values.");

        int Find(string name, string reader)
            => slots.TryGetValue(name, out int slot) ? slot : throw new OnnxFormatException($"{reader} read '{name}', which nothing writes.");

        Step Compile(GraphNode node)
        {
            string reader = $"Node {node.Label}: its inputs";
            var inputs = node.Inputs.Select(name => name.Length == 0 ? -1 : Find(name, reader)).ToArray();
            var bodies = node.Subgraphs.ToDictionary(
                pair => pair.Key,
                pair =>
                {
                    var body = new GraphProgram(pair.Value, name => slots.ContainsKey(name));
                    return (body, body.Captures.Select(name => Find(name, reader)).ToArray());
                },
                (IEqualityComparer<GraphProto>)ReferenceEqualityComparer.Instance);
            var outputs = node.Outputs.Select(name => name.Length == 0 ? -1 : Define(name)).ToArray();
            return new Step(node, inputs, outputs, bodies);
        }
    }

    public Graph Graph { get; }

    private IReadOnlyList<string> Captures { get; }

    /// <summary>Runs the graph in the caller's dispose scope and gradient mode; the outputs lie in that scope.</summary>
    /// <param name="inputs">One value for each input of the graph.</param>
    /// <exception cref="OnnxFormatException">A node cannot be computed.</exception>
    public OnnxValue[] Run(IReadOnlyList<OnnxValue> inputs) => Run(inputs, []);

    private OnnxValue[] Run(IReadOnlyList<OnnxValue> inputs, OnnxValue[] captured)
    {
        if (inputs.Count != _inputs.Length)
        {
            throw new OnnxFormatException($"A graph with {_inputs.Length} inputs is called with {inputs.Count}.");
        }

        using var scope = torch.NewDisposeScope();
        var frame = new Frame(_slots);
        foreach (var (slot, value) in _constants) frame.Keep(slot, value);
        for (int i = 0; i < captured.Length; i++) frame.Keep(_captures[i], captured[i]);
        for (int i = 0; i < inputs.Count; i++) frame.Keep(_inputs[i], inputs[i]);
        foreach (var step in _steps) Run(step, frame);
        var outputs = _outputs.Select(slot => frame[slot]!).ToArray();
        foreach (var tensor in outputs.SelectMany(Frame.TensorsOf)) scope.MoveToOuter(tensor);
        return outputs;
    }

    private static void Run(Step step, Frame frame)
    {
        var values = new OnnxValue?[step.Inputs.Length];
        for (int i = 0; i < values.Length; i++) values[i] = step.Inputs[i] < 0 ? null : frame[step.Inputs[i]];
        var call = new OperatorCall(step.Node.Proto, step.Node.Opset, values, (graph, inputs) =>
        {
            var (body, captures) = step.Bodies[graph];
            return body.Run(inputs, captures.Select(slot => frame[slot]!).ToArray());
        });

        using (var scope = torch.NewDisposeScope())
        {
            var outputs = Compute(step, call);
            for (int i = 0; i < outputs.Length && i < step.Outputs.Length; i++)
            {
                foreach (var tensor in Frame.TensorsOf(outputs[i])) scope.MoveToOuter(tensor);
                if (step.Outputs[i] >= 0) frame.Set(step.Outputs[i], outputs[i]);
            }

            for (int i = outputs.Length; i < step.Outputs.Length; i++)
            {
                if (step.Outputs[i] >= 0) throw call.Error($"has no output {i}");
            }
        }

        foreach (int slot in step.Releases) frame.Release(slot);
    }

    private static OnnxValue[] Compute(Step step, OperatorCall call)
    {
        var compute = step.Node.Compute
            ?? throw new OnnxFormatException($"Node {step.Node.Label} has an operator that is not supported.");
        try
        {
            return compute(call);
        }
        catch (Exception exception) when (exception is not (OnnxFormatException or OperationCanceledException or OutOfMemoryException))
        {
            // libtorch appends a C++ stack to its messages.
            throw new OnnxFormatException(call.Error(exception.Message.Split('\n')[0]).Message, exception);
        }
    }

    /// <summary>Finds after which step each value is needed no more.</summary>
    private void PlanReleases()
    {
        var kept = _outputs.Concat(_inputs).Concat(_captures).Concat(_constants.Select(constant => constant.Slot)).ToHashSet();
        var released = new HashSet<int>();
        foreach (var step in _steps.Reverse())
        {
            step.Releases = step.Inputs.Concat(step.Bodies.Values.SelectMany(body => body.Captures)).Concat(step.Outputs)
                .Where(slot => slot >= 0 && !kept.Contains(slot) && released.Add(slot)).ToArray();
        }
    }

    private sealed record Step(GraphNode Node, int[] Inputs, int[] Outputs, Dictionary<GraphProto, (GraphProgram Program, int[] Captures)> Bodies)
    {
        public int[] Releases { get; set; } = [];
    }
}
