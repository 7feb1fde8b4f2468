using System.Diagnostics;
using Iba.Onnx;
using Iba.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>Maps of the same photographs by the CPU and by the GPU, from the same noise and the same statistics.</summary>
internal sealed class ParityMeasurement : IDisposable
{
    private readonly BenchmarkNetwork _place;
    private readonly Device _gpu;
    private readonly Tensor _photos;
    private readonly LayerStatistics _statistics;

    /// <param name="network">The network, and where it is cut.</param>
    /// <param name="photos">The number of photographs.</param>
    /// <param name="gpu">The GPU.</param>
    public ParityMeasurement(BenchmarkNetwork network, int photos, Device gpu)
    {
        (_place, _gpu) = (network, gpu);
        _photos = Images.Photos(photos);
        using var loaded = OnnxNetwork.Load(network.File);
        using var split = loaded.Split(network.Layer);
        _statistics = BottleneckWork.Statistics(split, (int)_photos.shape[2]);
    }

    /// <summary>The number of photographs.</summary>
    public int Photos => (int)_photos.shape[0];

    /// <summary>Computes the maps in several ways; the first is what the others are held against.</summary>
    public IReadOnlyList<ParityMaps> Run(IEnumerable<ParitySetting> settings)
    {
        var all = new List<ParityMaps>();
        foreach (var setting in settings)
        {
            Console.WriteLine($"Parity: {setting.Name}");
            all.Add(Run(setting));
        }

        return all;
    }

    /// <summary>Asks for ever more rows in one pass, until fewer fit.</summary>
    /// <param name="most">Where it ends.</param>
    /// <returns>How many were asked for at last, and how many shared a pass then.</returns>
    public (int Asked, int Fitted) Exhaust(int most)
    {
        using var network = Load(_gpu);
        using var split = network.Split(_place.Layer);
        for (int asked = Photos; ; asked *= 2)
        {
            using var scope = NewDisposeScope();
            using var bottleneck = new PerSampleBottleneck(split, _statistics, new BottleneckOptions { Steps = 1, MaxRowsPerPass = asked });
            using var activation = split.Head([_photos.to(_gpu).repeat([asked / Photos, 1, 1, 1])]);
            using var result = bottleneck.Explain(activation);
            result.ThrowIfFailed();
            if (bottleneck.RowsPerPass < asked || asked >= most) return (asked, bottleneck.RowsPerPass);
        }
    }

    public void Dispose()
    {
        _photos.Dispose();
        _statistics.Dispose();
    }

    private ParityMaps Run(ParitySetting setting)
    {
        var device = setting.OnGpu ? _gpu : CPU;
        using var network = Load(device);
        using var split = network.Split(_place.Layer);
        using var bottleneck = new PerSampleBottleneck(split, _statistics, setting.Options);
        var seconds = new List<double>();
        var maps = new List<float[]>();
        Explain(0); // Draws the noise and lets libraries choose their kernels.
        seconds.Clear();
        maps.Clear();
        for (int start = 0; start < Photos; start += setting.RowsPerPass) Explain(start);
        return new ParityMaps(setting, new Sample(seconds), maps);

        void Explain(int start)
        {
            using var scope = NewDisposeScope();
            int rows = Math.Min(setting.RowsPerPass, Photos - start);
            var watch = Stopwatch.StartNew();
            using var rounding = TensorFloat32.Use(setting.AllowTensorFloat32, device.type);
            using var activation = split.Head([_photos.narrow(0, start, rows).to(device)]);
            using var result = bottleneck.Explain(activation);
            result.ThrowIfFailed();
            float[] values = [.. Heatmap.FromCapacity(result.Capacity, 1, _photos.shape[2], _photos.shape[3]).cpu().data<float>()];
            seconds.Add(watch.Elapsed.TotalSeconds / rows);
            maps.AddRange(values.Chunk(values.Length / rows));
        }
    }

    private OnnxNetwork Load(Device device)
    {
        var network = OnnxNetwork.Load(_place.File);
        if (device.type != DeviceType.CPU) network.MoveTo(device);
        return network;
    }
}
