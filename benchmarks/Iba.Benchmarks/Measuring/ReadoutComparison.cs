using System.Diagnostics;
using Iba.Onnx;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>A readout, trained on the photographs of the samples, beside maps of single photographs and maps that know nothing: on photographs that it never saw.</summary>
internal sealed class ReadoutComparison : IDisposable
{
    private const int Tile = 28;
    private const int Timings = 15;

    private readonly OnnxNetwork _network;
    private readonly ReadoutCut _cut;
    private readonly ReadoutMeasurement _measurement;
    private readonly Tensor _training;
    private readonly Tensor _judged;
    private readonly EvaluationRows _rows;

    /// <param name="network">The network, and where it is cut.</param>
    /// <param name="readoutLayers">The layers that are read.</param>
    /// <param name="photographs">The files of the photographs that are judged.</param>
    public ReadoutComparison(BenchmarkNetwork network, string[] readoutLayers, IEnumerable<string> photographs)
    {
        _network = OnnxNetwork.Load(network.File);
        _cut = new ReadoutCut(_network, network.Layer, readoutLayers);
        _training = Images.Photos(int.MaxValue);
        using (NewDisposeScope()) _judged = stack(photographs.Select(Images.Prepare)).MoveToOuterDisposeScope();
        _measurement = new ReadoutMeasurement(_cut);
        for (long photo = 0; photo < _training.shape[0]; photo++)
        {
            using var one = _training.narrow(0, photo, 1);
            _measurement.Add([one]);
        }

        _rows = new EvaluationRows(_network, [_judged]);
    }

    /// <summary>The number of photographs that are trained on, and judged.</summary>
    public (long Trained, long Judged) Photos => (_training.shape[0], _judged.shape[0]);

    /// <summary>Trains.</summary>
    /// <returns>The processor time, and what the epochs came to.</returns>
    public (ReadoutBottleneck Method, double Seconds, IReadOnlyList<ReadoutEpoch> Epochs) Train(ReadoutOptions options)
    {
        double start = ProcessorSeconds();
        using var training = new ReadoutTraining(_cut, _measurement, options);
        var epochs = new List<ReadoutEpoch>();
        while (!training.IsFinished)
        {
            training.Add([_training]);
            epochs.Add(training.EndEpoch());
            Console.WriteLine($"Readout: {epochs[^1]}");
        }

        return (training.ToMethod(), ProcessorSeconds() - start, epochs);
    }

    /// <summary>What a method's maps are worth: the integral of the degradation test, and the bits, for each photograph.</summary>
    public (double[] Degradation, double[] Total) Judge(AttributionMethod method)
    {
        using var scope = NewDisposeScope();
        var maps = new List<Tensor>();
        using var atInput = method.CutsAtInput ? _network.SplitAtInput() : null;
        for (long photo = 0; photo < _judged.shape[0]; photo++)
        {
            using var explained = method.Explain(atInput ?? (SplitNetwork)_cut, [_judged.narrow(0, photo, 1)]);
            explained.ThrowIfFailed();
            maps.Add(explained.ToMap(_judged.shape[2], _judged.shape[3]));
        }

        var all = cat(maps.ToArray(), 0);
        int tiles = (int)(_judged.shape[2] / Tile * (_judged.shape[3] / Tile));
        var test = new DegradationTest(Tile) { Counts = [.. Enumerable.Range(0, 9).Select(eighth => eighth * tiles / 8)] };
        return ([.. test.Measure(_rows, all).Select(curves => curves.Integral)], [.. maps.Select(map => (double)map.sum().item<float>())]);
    }

    /// <summary>Processor time of a map, in processor times of a plain forward pass, in turns.</summary>
    public Sample CostInForwardPasses(ReadoutBottleneck method)
    {
        var ratios = new List<double>();
        for (int turn = -1; turn < Timings; turn++)
        {
            using var scope = NewDisposeScope();
            var photo = _judged.narrow(0, 0, 1);
            double start = ProcessorSeconds();
            for (int i = 0; i < 5; i++) _network.Forward([photo]);
            double passes = ProcessorSeconds();
            for (int i = 0; i < 5; i++)
            {
                using var explained = method.Explain(_cut, [photo]);
                explained.ToMap(_judged.shape[2], _judged.shape[3]);
            }

            if (turn >= 0) ratios.Add((ProcessorSeconds() - passes) / (passes - start));
        }

        return new Sample(ratios);
    }

    /// <summary>The statistics of the bottleneck's layer; disposed by the caller.</summary>
    public LayerStatistics Statistics() => _measurement.ToStatistics();

    public void Dispose()
    {
        _rows.Dispose();
        _measurement.Dispose();
        _training.Dispose();
        _judged.Dispose();
        _cut.Dispose();
        _network.Dispose();
    }

    private static double ProcessorSeconds()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }
}
