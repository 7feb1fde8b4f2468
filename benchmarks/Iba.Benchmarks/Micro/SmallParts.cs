using BenchmarkDotNet.Attributes;
using Iba.MLNet;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>What the bottleneck does beside the network.</summary>
public class SmallParts
{
    private static readonly long[] Row = [512, 28, 28];

    private readonly RgbImage _photo = RgbImage.Load(Assets.Photos()[0]);
    private readonly Tensor _alpha = zeros([1, .. Row]);
    private readonly Tensor _features = randn([1, .. Row]);
    private readonly GaussianSmoothing _smoothing;
    private readonly RestrictedFlow _flow;
    private readonly Tensor _map = randn(1, 28, 28);

    public SmallParts()
    {
        var statistics = new LayerStatistics(zeros(Row), ones(Row), ones(Row, ScalarType.Bool), 100, perChannel: false, channelDimension: 1);
        _smoothing = new GaussianSmoothing(1, [1, .. Row], 1, null, ScalarType.Float32, CPU);
        _flow = new RestrictedFlow(_features, statistics, new BottleneckOptions(), null);
    }

    [Benchmark(Description = "Noise of one step, 10 copies (once for all images)")]
    public void Noise()
    {
        using var scope = NewDisposeScope();
        using var source = new SeededNoise(0, maxCachedBytes: 0);
        source.Draw(0, 10, Row, 1, _features.dtype, _features.device, channelsLast: true);
    }

    [Benchmark(Description = "Smoothing of one mask")]
    public void Smoothing()
    {
        using var scope = NewDisposeScope();
        _smoothing.Apply(_alpha);
    }

    [Benchmark(Description = "Mask and its capacity (each step)")]
    public void Information()
    {
        using var scope = NewDisposeScope();
        _flow.Information(_flow.Lambda(_alpha));
    }

    [Benchmark(Description = "Heat map: sum over channels, resize to 224x224")]
    public void Resize()
    {
        using var heatmap = Heatmap.Resize(_map, 224, 224);
    }

    [Benchmark(Description = "Photograph: resize, crop, normalise")]
    public float[] Preprocessing() => ImagePreprocessing.ImageNet.Apply(_photo);
}
