using Iba.Onnx;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>
/// What the reference implementation does, on the same libtorch: at each step the whole network runs on K copies of the image, the
/// noise comes in at the layer, the capacity is computed for each copy, and the backward pass also computes the gradients of all
/// weights. Batch normalisation as in the file, plain layout, one image at a time. Runs in a process with glibc's default allocator.
/// </summary>
internal sealed class WholeNetworkWork : IWork
{
    private readonly WorkOrder _order;
    private readonly OnnxNetwork _network;
    private readonly GraphProgram _head;
    private readonly GraphProgram _tail;
    private readonly Dictionary<string, TensorValue> _weights;
    private readonly LayerStatistics _statistics;
    private readonly Tensor _images;

    public WholeNetworkWork(WorkOrder order)
    {
        _order = order;
        _network = order.Load();
        var graph = _network.Graph;
        using (var split = _network.Split(order.Layer))
        using (var statistics = BottleneckWork.Statistics(split, order.Size)) _statistics = statistics.To(order.Device);
        _weights = graph.Constants.ToDictionary(constant => constant.Key, constant => constant.Value with { Tensor = Weight(constant.Value.Tensor) });
        string input = graph.Inputs[0].Name;
        string layer = _network.TensorOf(order.Layer);
        _head = new GraphProgram(GraphSlice.Between(graph, [input], [layer]), [input], [layer], _weights);
        _tail = new GraphProgram(GraphSlice.Between(graph, [layer], [_network.OutputTensor]), [layer], [_network.OutputTensor], _weights);
        _images = Images.Random(order.Images, order.Size, order.Device);

        static Tensor Weight(Tensor weight)
        {
            using var scope = NewDisposeScope();
            return weight.detach().contiguous().clone().requires_grad_(weight.is_floating_point()).DetachFromDisposeScope();
        }
    }

    /// <summary>One step: ten take minutes.</summary>
    public void WarmUp()
    {
        using var scope = NewDisposeScope();
        Explain(_images.narrow(0, 0, 1), steps: 1);
    }

    public void Run()
    {
        for (int image = 0; image < _order.Images; image++)
        {
            using var scope = NewDisposeScope();
            Explain(_images.narrow(0, image, 1), _order.Steps);
        }
    }

    private void Explain(Tensor image, int steps)
    {
        var copies = image.repeat(_order.Copies, 1, 1, 1);
        var (mean, std) = (_statistics.Mean, _statistics.Std.clamp_min(0.01));
        var active = _statistics.Active.to_type(float32);
        var alpha = full_like(mean, 5).requires_grad_();
        using var smoothing = new ReferenceSmoothing(mean.shape[0], 1, mean.device);
        using var adam = new Adam(alpha, learningRate: 1);
        var target = Scores(image).argmax(1).expand(_order.Copies);
        for (int step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var features = ((TensorValue)_head.Run([new TensorValue(copies)])[0]).Tensor;
            var lambda = smoothing.Apply(alpha.sigmoid().expand(features.shape));
            var normalised = (features - mean) / std;
            var logVariance = (1 - lambda).square().log();
            var meanShift = normalised * lambda;
            var capacity = -0.5 * (1 + logVariance - meanShift.square() - logVariance.exp()) * active;
            var noise = mean + (std * randn_like(features));
            var noisy = ((lambda * features) + ((1 - lambda) * noise)) * active;
            var scores = ((TensorValue)_tail.Run([new TensorValue(noisy)])[0]).Tensor;
            var loss = nn.functional.cross_entropy(scores, target) + (10 * capacity.mean());
            alpha.grad?.zero_();
            loss.backward();
            adam.Step(alpha, alpha.grad!);
        }
    }

    private Tensor Scores(Tensor image)
    {
        using var noGrad = no_grad();
        return ((TensorValue)_tail.Run(_head.Run([new TensorValue(image)]))[0]).Tensor;
    }

    public void Dispose()
    {
        foreach (var weight in _weights.Values) weight.Tensor.Dispose();
        _images.Dispose();
        _statistics.Dispose();
        _network.Dispose();
    }
}
