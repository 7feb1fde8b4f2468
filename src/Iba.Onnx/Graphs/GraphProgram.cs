using Iba.Onnx.Schema;
using Iba.Torch;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>Told of every node as it is computed, with its inputs and outputs; they must not be kept without a copy.</summary>
internal delegate void NodeObserver(GraphNode node, IReadOnlyList<OnnxValue?> inputs, IReadOnlyList<OnnxValue> outputs);

/// <summary>Nodes ready to run: names resolved to slots, each value freed after its last use.</summary>
internal sealed class GraphProgram
{
    private readonly Step[] _steps;
    private readonly int[] _inputs;
    private readonly int[] _outputs;
    private readonly int[] _captured;
    private readonly string[] _captures;
    private readonly OnnxValue?[] _constants;
    private readonly HashSet<torch.Tensor> _kept;
    private readonly long _constantElements;

    /// <summary>Compiles a whole graph, which must outlive the program.</summary>
    /// <exception cref="OnnxFormatException">A name is read that nothing writes.</exception>
    public GraphProgram(Graph graph)
        : this(graph, captures: [])
    {
    }

    /// <summary>Compiles some nodes, in an order in which they can run.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="inputs">The names whose values <see cref="Run(IReadOnlyList{OnnxValue}, NodeObserver?, ElementBudget?)"/> is given.</param>
    /// <param name="outputs">The names whose values it returns.</param>
    /// <param name="constants">The values of the other names that the nodes read.</param>
    public GraphProgram(
        IReadOnlyList<GraphNode> nodes, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs, IReadOnlyDictionary<string, TensorValue> constants)
        : this(nodes, inputs, outputs, constants, captures: [])
    {
    }

    private GraphProgram(Graph graph, string[] captures)
        : this(
            graph.Nodes,
            graph.Inputs.Select(input => input.Name).ToArray(),
            graph.Outputs.Select(output => output.Name).ToArray(),
            graph.Constants,
            captures)
    {
    }

    private GraphProgram(
        IReadOnlyList<GraphNode> nodes, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs,
        IReadOnlyDictionary<string, TensorValue> constants, string[] captures)
    {
        var slots = new Dictionary<string, int>();
        _inputs = inputs.Select(Define).ToArray();
        _captures = captures;
        _captured = captures.Select(Define).ToArray();
        var used = GraphSlice.Needs(nodes).Concat(outputs).Where(name => constants.ContainsKey(name) && !slots.ContainsKey(name)).Distinct()
            .Select(name => (Slot: Define(name), Value: constants[name])).ToArray();
        _kept = used.Select(constant => constant.Value.Tensor).ToHashSet<torch.Tensor>(ReferenceEqualityComparer.Instance);
        _constantElements = _kept.Sum(tensor => tensor.numel());
        var readers = nodes.SelectMany(node => node.Reads()).Concat(outputs).CountBy(name => name).ToDictionary();
        var mayOverwrite = new HashSet<string>();
        _steps = nodes.Select(Compile).ToArray();
        _outputs = outputs.Select(name => Find(name, "The graph's outputs")).ToArray();
        _constants = new OnnxValue?[slots.Count];
        foreach (var (slot, value) in used) _constants[slot] = value;
        PlanReleases(used.Select(constant => constant.Slot));

        int Define(string name) => slots.TryAdd(name, slots.Count) ? slots[name] : throw new OnnxFormatException($"'{name}' has two values.");

        int Find(string name, string reader)
            => slots.TryGetValue(name, out int slot) ? slot : throw new OnnxFormatException($"{reader} read '{name}', which nothing writes.");

        Step Compile(GraphNode node)
        {
            string reader = $"Node {node.Label}: its inputs";
            var compute = node.Compute ?? throw new OnnxFormatException($"Node {node.Label} has an operator that is not supported.");
            bool inPlace = node.Inputs.Length > 0 && mayOverwrite.Contains(node.Inputs[0]) && readers[node.Inputs[0]] == 1;
            compute = FastActivations.For(node, constants, inPlace) ?? compute;
            int[] read = node.Inputs.Select(name => name.Length == 0 ? -1 : Find(name, reader)).ToArray();
            var bodies = new Dictionary<GraphProto, (GraphProgram Program, int[] Captures)>(ReferenceEqualityComparer.Instance);
            foreach (var (proto, body) in node.Subgraphs)
            {
                var program = new GraphProgram(body, body.Captures().Where(slots.ContainsKey).ToArray());
                bodies.Add(proto, (program, program._captures.Select(name => slots[name]).ToArray()));
            }

            int[] written = node.Outputs.Select(name => name.Length == 0 ? -1 : Define(name)).ToArray();
            if (node.Outputs.Length > 0 && OperatorTraits.OutputMayBeOverwritten(node)) mayOverwrite.Add(node.Outputs[0]);
            return new Step(node, compute, read, written, bodies);
        }
    }

    /// <summary>Runs the nodes in the caller's dispose scope and gradient mode; the outputs lie in that scope.</summary>
    /// <param name="inputs">One value for each input.</param>
    /// <param name="observer">Told of every node.</param>
    /// <param name="budget">What the run may hold; null: in proportion to its inputs and constants.</param>
    /// <exception cref="OnnxFormatException">A node cannot be computed.</exception>
    public OnnxValue[] Run(IReadOnlyList<OnnxValue> inputs, NodeObserver? observer = null, ElementBudget? budget = null)
        => Run(inputs, [], observer, budget ?? new ElementBudget(_constantElements + inputs.SelectMany(OnnxValue.TensorsOf).Sum(tensor => tensor.numel())));

    private OnnxValue[] Run(IReadOnlyList<OnnxValue> inputs, OnnxValue[] captured, NodeObserver? observer, ElementBudget budget)
    {
        if (inputs.Count != _inputs.Length)
        {
            throw new OnnxFormatException($"A graph with {_inputs.Length} inputs is called with {inputs.Count}.");
        }

        using var scope = torch.NewDisposeScope();
        using var frame = new Frame((OnnxValue?[])_constants.Clone(), _kept, budget);
        for (int i = 0; i < captured.Length; i++) frame.Keep(_captured[i], captured[i]);
        for (int i = 0; i < inputs.Count; i++) frame.Keep(_inputs[i], inputs[i]);
        foreach (var step in _steps) step.Run(frame, observer);
        var outputs = _outputs.Select(slot => frame[slot]!).ToArray();
        foreach (var tensor in outputs.SelectMany(OnnxValue.TensorsOf)) scope.MoveToOuter(tensor);
        return outputs;
    }

    /// <summary>Finds after which step each value is needed no more.</summary>
    private void PlanReleases(IEnumerable<int> constants)
    {
        var seen = _outputs.Concat(_inputs).Concat(_captured).Concat(constants).ToHashSet();
        foreach (var step in _steps.Reverse()) step.Releases = step.Slots.Where(seen.Add).ToArray();
    }

    /// <summary>One node with the slots that it reads and writes; -1 where an input or output is left out.</summary>
    private sealed class Step(
        GraphNode node, Func<OperatorCall, OnnxValue[]> compute, int[] inputs, int[] outputs,
        Dictionary<GraphProto, (GraphProgram Program, int[] Captures)> bodies)
    {
        public int[] Releases { get; set; } = [];

        public IEnumerable<int> Slots
            => inputs.Concat(outputs).Concat(bodies.Values.SelectMany(body => body.Captures)).Where(slot => slot >= 0);

        public void Run(Frame frame, NodeObserver? observer)
        {
            using (var scope = torch.NewDisposeScope())
            {
                var values = new OnnxValue?[inputs.Length];
                for (int i = 0; i < values.Length; i++) values[i] = inputs[i] < 0 ? null : frame[inputs[i]];
                Placement.Align(node, values);
                var call = new OperatorCall(node.Proto, node.Opset, values, (graph, arguments) =>
                {
                    var (body, captures) = bodies[graph];
                    return body.Run(arguments, Array.ConvertAll(captures, slot => frame[slot]!), observer: null, frame.Budget);
                })
                { Budget = frame.Budget };
                var results = Compute(call);
                observer?.Invoke(node, values, results);
                for (int i = 0; i < outputs.Length; i++)
                {
                    if (i >= results.Length)
                    {
                        if (outputs[i] >= 0) throw call.Error($"has no output {i}");
                        continue;
                    }

                    if (outputs[i] < 0) continue;
                    if (results[i] is TensorValue result) scope.MoveToOuter(result.Tensor);
                    else foreach (var tensor in OnnxValue.TensorsOf(results[i])) scope.MoveToOuter(tensor);
                    frame.Set(outputs[i], results[i]);
                }

                if (frame.Budget.Exceeds(0)) throw frame.Budget.Error(call, "adds to what is held");
            }

            foreach (int slot in Releases) frame.Release(slot);
        }

        private OnnxValue[] Compute(OperatorCall call)
        {
            try
            {
                return LostScalar.Repeat(() => compute(call));
            }
            catch (Exception exception) when (exception is not (OnnxFormatException or OperationCanceledException or OutOfMemoryException))
            {
                // libtorch appends a C++ stack to its messages.
                throw new OnnxFormatException(call.Error(NativeError.FirstLine(exception).TrimEnd('.')).Message, exception);
            }
        }
    }
}
