using Iba.Onnx;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>
/// The floor: T forward and backward passes of the tail on K copies of the features, and nothing else of the method: no noise, no mask,
/// no optimiser, no head.
/// </summary>
internal sealed class TailWork : IWork
{
    private readonly WorkOrder _order;
    private readonly OnnxNetwork _network;
    private readonly GraphFunction _tail;
    private readonly Tensor _copies;
    private readonly Tensor _targets;

    public TailWork(WorkOrder order)
    {
        _order = order;
        _network = order.Load();
        string layer = _network.TensorOf(order.Layer);
        _tail = new GraphFunction(_network.Graph, [layer], [_network.OutputTensor]);
        using var scope = NewDisposeScope();
        using var split = _network.Split(order.Layer);
        using var activation = split.Head([Images.Random(order.Batch, order.Size)]);
        var copies = activation.Features.repeat_interleave(order.Copies, 0).contiguous();
        _copies = (order.ChannelsLast ? Images.ChannelsLast(copies) : copies).DetachFromDisposeScope();
        _targets = zeros(order.Batch * order.Copies, int64, order.Device).DetachFromDisposeScope();
    }

    public void Run()
    {
        for (int pass = 0; pass < _order.Steps * _order.Images / _order.Batch; pass++)
        {
            using var scope = NewDisposeScope();
            var features = _copies.detach().requires_grad_();
            var scores = ((TensorValue)_tail.Run([new TensorValue(features)])[0]).Tensor;
            nn.functional.cross_entropy(scores, _targets).backward();
        }
    }

    public void Dispose()
    {
        _copies.Dispose();
        _targets.Dispose();
        _tail.Dispose();
        _network.Dispose();
    }
}
