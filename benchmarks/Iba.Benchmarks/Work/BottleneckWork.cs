using Iba.Onnx;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>This library on images in memory: head once, bottleneck on the tail, heat map.</summary>
internal sealed class BottleneckWork : IWork
{
    private readonly WorkOrder _order;
    private readonly OnnxNetwork _network;
    private readonly SplitNetwork _split;
    private readonly LayerStatistics _statistics;
    private readonly PerSampleBottleneck _bottleneck;
    private readonly Tensor _images;

    /// <param name="order">The order.</param>
    /// <param name="images"><c>[N, 3, H, W]</c>; owned.</param>
    public BottleneckWork(WorkOrder order, Tensor images)
    {
        _order = order;
        _images = images;
        _network = order.Load();
        _split = _network.Split(order.Layer);
        _statistics = Statistics(_split, order.Size);
        var options = new BottleneckOptions { MaxRowsPerPass = order.RowsPerPass };
        if (order.Preset is { } preset) options.Preset = preset;
        else (options.Steps, options.NoiseCopies) = (order.Steps, order.Copies);
        _bottleneck = new PerSampleBottleneck(_split, _statistics, options);
    }

    /// <summary>Statistics of a layer, from a few made-up images.</summary>
    public static LayerStatistics Statistics(SplitNetwork network, int size)
    {
        using var scope = NewDisposeScope();
        using var accumulator = new LayerStatisticsAccumulator();
        using var activation = network.Head([Images.Random(4, size)]);
        accumulator.Add(activation.Features);
        return accumulator.ToStatistics();
    }

    public void Run()
    {
        for (int start = 0; start < _order.Images; start += _order.Batch)
        {
            using var scope = NewDisposeScope();
            using var activation = _split.Head([_images.narrow(0, start, Math.Min(_order.Batch, _order.Images - start))]);
            using var result = _bottleneck.Explain(activation);
            Heatmap.FromCapacity(result.Capacity, 1, _order.Size, _order.Size);
        }
    }

    public void Dispose()
    {
        _images.Dispose();
        _bottleneck.Dispose();
        _statistics.Dispose();
        _split.Dispose();
        _network.Dispose();
    }
}
