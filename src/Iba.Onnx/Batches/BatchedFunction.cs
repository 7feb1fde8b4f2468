using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>
/// A part of a graph that takes and returns batches of any size. Where the graph was exported with a fixed batch, a batch of
/// another size goes through at once if that gives what its rows give one by one (tried once, on rows that differ); else row by row.
/// Where rows interact, each goes through alone.
/// </summary>
internal sealed class BatchedFunction : IDisposable
{
    private readonly Graph _graph;
    private readonly IReadOnlyList<string> _inputs;
    private readonly string _output;
    private readonly GraphFunction _function;
    private readonly FixedBatch? _fixed;
    private readonly bool _givesClasses;
    private readonly Func<List<GraphNode>, List<GraphNode>>? _change;
    private readonly BatchedFunction? _exact;
    private readonly Rebatching? _rebatching;
    private bool? _takesAnyBatch;

    /// <param name="graph">The graph; it must outlive the function.</param>
    /// <param name="inputs">The names of the inputs, each with the batch first.</param>
    /// <param name="output">The name of the output, with the batch first.</param>
    /// <param name="batch">The batch size that the graph is made for; null where it is open.</param>
    /// <param name="givesClasses">Whether the output is the classifier's: then a vector for a batch of one is that row's classes.</param>
    public BatchedFunction(Graph graph, IReadOnlyList<string> inputs, string output, FixedBatch? batch, bool givesClasses = false)
        : this(graph, inputs, output, batch, givesClasses, change: null, exact: null)
    {
    }

    private BatchedFunction(
        Graph graph, IReadOnlyList<string> inputs, string output, FixedBatch? batch, bool givesClasses, Func<List<GraphNode>, List<GraphNode>>? change, BatchedFunction? exact)
    {
        _graph = graph;
        _inputs = inputs;
        _output = output;
        _givesClasses = givesClasses;
        _change = change;
        _exact = exact;
        _fixed = batch;
        if (batch is { RowsInteract: true }) _takesAnyBatch = false;
        else if (batch != null) _rebatching = new Rebatching(batch.Rows);
        var nodes = GraphFunction.NodesOf(graph, inputs, [output]);
        if (change != null) nodes = change(nodes);
        _function = new GraphFunction(graph, nodes, inputs, [output], _rebatching == null ? null : _rebatching.Rewrite);
    }

    /// <summary>Whether batches of another size than the fixed one go through at once; null until that was tried.</summary>
    public bool? TakesOtherBatches => _takesAnyBatch;

    /// <summary>Computes the output in the caller's dispose scope and gradient mode.</summary>
    /// <param name="inputs">One value for each input.</param>
    /// <param name="rows">The number of rows of the batch. Inputs may hold it elsewhere than in front only where rows need not be told apart.</param>
    /// <param name="observer">Told of every node, where the graph takes the batch as it is.</param>
    public Tensor Run(IReadOnlyList<OnnxValue> inputs, long rows, NodeObserver? observer = null)
    {
        if (_fixed is not { Rows: var batch }) return AtOnce(inputs, observer);
        if (_fixed.TakesAtOnce(rows)) return AtOnce(inputs, observer);
        var tensors = inputs.Select(input => ((TensorValue)input).Tensor).ToArray();
        if (tensors.Any(tensor => tensor.shape[0] != rows)) throw NotBatchFirst(tensors.First(tensor => tensor.shape[0] != rows), batch, "a tensor at the cut");
        return rows % batch == 0 && Takes(tensors, batch) ? AtOnce(tensors, rows / batch) : RowByRow(tensors, batch);
    }

    /// <summary>The same function for another thread. It knows what this one found out about batches, so that both round alike.</summary>
    public BatchedFunction Fork() => new(_graph, _inputs, _output, _fixed, _givesClasses, _change, _exact) { _takesAnyBatch = _takesAnyBatch };

    /// <summary>The same function, where rectifiers hand back only what is above 0 of a gradient.</summary>
    public BatchedFunction Guided()
        => new(_graph, _inputs, _output, _fixed, _givesClasses, nodes => GuidedRectifiers.Run(_graph, nodes), _exact) { _takesAnyBatch = _takesAnyBatch };

    /// <summary>The same function in bfloat16, see <see cref="BFloat16Nodes"/>. This one, which must outlive it, says of batches what rounding would hide.</summary>
    /// <param name="weights">The weights in bfloat16.</param>
    public BatchedFunction InBFloat16(BFloat16Weights weights)
        => new(_graph, _inputs, _output, _fixed, _givesClasses, nodes => BFloat16Nodes.Run(_graph, nodes, [_output], weights), exact: this);

    private bool Takes(Tensor[] inputs, long batch) => _takesAnyBatch ??= _exact?.Takes(inputs, batch) ?? TakesAnyBatch(inputs, batch);

    public void Dispose() => _function.Dispose();

    private Tensor AtOnce(IReadOnlyList<OnnxValue> inputs, NodeObserver? observer = null)
        => _function.Run(inputs, observer)[0] is TensorValue value ? value.Tensor : throw new OnnxFormatException("The output is no tensor.");

    private Tensor AtOnce(Tensor[] inputs, long factor)
    {
        _rebatching!.Factor = factor;
        try
        {
            return AtOnce(Array.ConvertAll(inputs, input => (OnnxValue)input));
        }
        finally
        {
            _rebatching.Factor = 1;
        }
    }

    private Tensor RowByRow(Tensor[] inputs, long batch)
    {
        using var scope = NewDisposeScope();
        long rows = inputs[0].shape[0];
        var outputs = new List<Tensor>();
        // Where rows interact, copies of one row leave it alone: their common statistic is its own.
        long step = _fixed!.RowsInteract ? 1 : batch;
        for (long start = 0; start < rows; start += step)
        {
            long count = Math.Min(step, rows - start);
            var output = AtOnce(Array.ConvertAll(inputs, input => (OnnxValue)Part(input, start, count)));
            if (_givesClasses && batch == 1 && output.dim() == 1) output = output.reshape(1, -1);
            if (output.dim() == 0 || output.shape[0] != batch)
            {
                throw NotBatchFirst(output, batch, "its output");
            }

            outputs.Add(count == batch ? output : output.narrow(0, 0, count));
        }

        return cat(outputs, 0).MoveToOuterDisposeScope();

        // A part is filled up with copies of its last row.
        Tensor Part(Tensor input, long start, long count)
        {
            var part = input.narrow(0, start, count);
            return count == batch ? part : cat([part, .. Enumerable.Repeat(part.narrow(0, count - 1, 1), (int)(batch - count))], 0);
        }
    }

    private static OnnxFormatException NotBatchFirst(Tensor tensor, long batch, string what) => new(
        $"The graph is made for a batch of {batch}, and {what}, {Shapes.Format(tensor.shape)}, does not have the batch first: " +
        "it takes no other batch size. Export it with an open batch dimension.");

    private bool TakesAnyBatch(Tensor[] inputs, long batch)
    {
        const int factor = 5;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(1, CPU);
        var rows = Array.ConvertAll(inputs, input => Different(input.detach().narrow(0, 0, 1), (int)batch * factor));
        var expected = RowByRow(rows, batch).to(float64);
        try
        {
            var found = AtOnce(rows, factor).to(float64);
            return found.shape.AsSpan().SequenceEqual(expected.shape)
                && Largest(found - expected) <= (1e-3 * Largest(expected)) + 1e-6;
        }
        catch (OnnxFormatException failure) when (!NativeError.IsOutOfMemory(failure))
        {
            return false;
        }

        static double Largest(Tensor tensor) => tensor.numel() == 0 ? 0 : tensor.abs().max().item<double>();

        // Equal rows would hide that rows are mixed up.
        Tensor Different(Tensor row, int count) => cat(
            Enumerable.Range(0, count).Select(i => i == 0 ? row
                : row.is_floating_point() ? row + (randn(row.shape, generator: generator).to(row.dtype).to(row.device) * (row.abs().mean() + 0.1f))
                : row.dim() > 1 ? row.roll(i, row.dim() - 1) : row).ToArray(),
            0);
    }
}
