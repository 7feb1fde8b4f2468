using Iba.MLNet;
using Iba.Onnx;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>What <see cref="PipelineWork"/> computes, without ML.NET: head, bottleneck and heat map on images prepared beforehand.</summary>
internal sealed class PreparedImagesWork : IWork
{
    private readonly WorkOrder _order;
    private readonly OnnxNetwork _network;
    private readonly SplitNetwork _split;
    private readonly LayerStatistics _statistics;
    private readonly PerSampleBottleneck _bottleneck;
    private readonly Tensor _images;

    public PreparedImagesWork(WorkOrder order)
    {
        _order = order;
        _network = OnnxNetwork.Load(order.File);
        _split = _network.Split(order.Layer);
        using var scope = NewDisposeScope();
        _images = stack(Assets.Photos().Take(order.Images).Select(Prepare)).DetachFromDisposeScope();
        using var accumulator = new LayerStatisticsAccumulator();
        using var activation = _split.Head([_images]);
        accumulator.Add(activation.Features);
        _statistics = accumulator.ToStatistics();
        // One row a pass, as the component does on the CPU for features of this size.
        _bottleneck = new PerSampleBottleneck(_split, _statistics, new BottleneckOptions { Steps = order.Steps, NoiseCopies = order.Copies, MaxRowsPerPass = 1 });

        static Tensor Prepare(string file)
        {
            var preprocessing = ImagePreprocessing.EfficientNetLite;
            float[] values = preprocessing.Apply(RgbImage.Load(file));
            var (width, height) = preprocessing.Size!.Value;
            return tensor(values, [3, height, width]);
        }
    }

    public void Run()
    {
        using var scope = NewDisposeScope();
        for (int start = 0; start < _order.Images; start += _order.Batch)
        {
            using var activation = _split.Head([_images.narrow(0, start, Math.Min(_order.Batch, _order.Images - start))]);
            using var result = _bottleneck.Explain(activation);
            using var heatmaps = Heatmap.FromCapacity(result.Capacity, 1, _order.Size, _order.Size);
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
