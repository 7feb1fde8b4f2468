using Iba.Tests;
using Iba.Torch;
using Microsoft.ML;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>The readout bottleneck in pipelines.</summary>
public sealed class IbaReadoutTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public IbaReadoutTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(6));

    public void Dispose()
    {
        _network.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private IbaReadoutEstimator.Options Options(Action<IbaReadoutEstimator.Options>? change = null)
    {
        var options = new IbaReadoutEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = _network,
            Layer = "conv1",
            ReadoutLayers = ["conv2", "conv1", "pooled"],
            Epochs = 3,
            NoiseCopies = 2,
            TrainingBatchSize = 4,
            Seed = 5,
            TotalBitsColumnName = "Bits",
            TargetColumnName = "Target",
            ScoresColumnName = "Scores",
            CapacityColumnName = "Capacity",
        };
        change?.Invoke(options);
        return options;
    }

    private IbaReadoutTransformer Fit(Action<IbaReadoutEstimator.Options>? change = null) => _ml.Transforms.IbaReadout(Options(change)).Fit(_data);

    [Fact]
    public void Heat_maps_are_those_of_the_trained_method()
    {
        using var transformer = Fit();
        Assert.Equal(("conv1", 6L, 5L), (transformer.Layer, transformer.MeasuredRows, transformer.Seed));
        var rows = PixelRow.Make(3, seed: 2);
        var explained = _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(rows)));
        using var cut = new ReadoutCut(_network, "conv1", ["conv2", "conv1", "pooled"]);
        using var training = Train(cut);
        using var method = training.ToMethod();
        foreach (var (row, found) in rows.Zip(explained))
        {
            using var scope = NewDisposeScope();
            using var expected = method.Explain(cut, [tensor(row.Pixels).view(1, 3, 16, 16)]);
            Assert.Equal(expected.ToMap(16, 16).data<float>().ToArray(), found.Heatmap);
            Assert.Equal(expected.Probabilities.data<float>().ToArray(), found.Scores);
            Assert.Equal(expected.Targets.item<long>(), found.Target);
            Assert.True(found.Bits > 0);
            Assert.Equal(found.Bits, found.Heatmap.Sum(), 1e-3 * found.Bits);
            Assert.Equal(found.Bits, found.Capacity.Sum() / Math.Log(2), 1e-3 * found.Bits);
        }
    }

    [Fact]
    public void What_was_saved_gives_the_same_bits_loaded_by_either_way()
    {
        using var transformer = Fit();
        var expected = _ml.Read(transformer.Transform(_data)).Select(row => row.Heatmap);
        byte[] file = ModelFile.Save(_ml, transformer, _data.Schema);
        using var strict = IbaReadoutTransformer.Load(_ml, new MemoryStream(file));
        Assert.Equal(expected, _ml.Read(strict.Transform(_data)).Select(row => row.Heatmap));
        Assert.Equal(["conv2", "conv1", "pooled"], strict.ReadoutLayers);
        Assert.Equal(6, strict.Provenance.MeasuredRows);
        Assert.Contains("Epochs = 3", strict.Provenance.Options);
        var loaded = _ml.Model.Load(new MemoryStream(file), out _);
        Assert.Equal(expected, _ml.Read(loaded.Transform(_data)).Select(row => row.Heatmap));
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void A_training_that_was_stopped_goes_on_and_gives_the_same_bits()
    {
        byte[] expected = Readout();
        string path = Path.Combine(_folder, "training");
        void Checkpoint(IbaReadoutEstimator.Options options) => options.CheckpointPath = path;
        Assert.Throws<TimeoutException>(() => Fit(options =>
        {
            Checkpoint(options);
            options.TrainingProgress = new Told(epoch =>
            {
                if (epoch.Epoch == 2) throw new TimeoutException();
            });
        }));
        var epochs = new List<int>();
        Assert.Equal(expected, Readout(options =>
        {
            Checkpoint(options);
            options.TrainingProgress = new Told(epoch => epochs.Add(epoch.Epoch));
        }));
        Assert.Equal([3], epochs);
        Assert.Single(Directory.GetFiles(_folder));

        string message = Assert.Throws<ArgumentOutOfRangeException>(() => Fit(options =>
        {
            Checkpoint(options);
            options.Beta = 3;
        })).Message;
        Assert.Contains("its options are others", message);
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.Contains("Delete the file", Assert.Throws<ArgumentOutOfRangeException>(() => Fit(Checkpoint)).Message);

        byte[] Readout(Action<IbaReadoutEstimator.Options>? change = null)
        {
            using var transformer = Fit(change);
            return ModelFile.Entries(ModelFile.Save(_ml, transformer)).Single(entry => entry.Key.EndsWith("Readout", StringComparison.Ordinal)).Value;
        }
    }

    [Theory]
    [InlineData(1e6, true)]
    [InlineData(0, false)]
    public void A_mask_that_closed_is_told(double beta, bool isClosed)
    {
        var warnings = _ml.Listen("Warning");
        using var transformer = Fit(options => (options.Beta, options.LearningRate, options.Epochs, options.InitialAlpha) = (beta, 0.3, 12, 3));
        Assert.Equal(isClosed, warnings.Exists(message => message.Contains("no better than by guessing", StringComparison.Ordinal)));
    }

    [Fact]
    public void Labels_are_what_it_learns_where_there_is_a_column()
    {
        using var transformer = Fit(options => options.LabelColumnName = "Label");
        var rows = _ml.Read(transformer.Transform(_data));
        Assert.Equal([0, 1, 2, 3, 0, 1], rows.Select(row => row.Target));
        using var predicted = Fit();
        Assert.NotEqual(rows[0].Heatmap, _ml.Read(predicted.Transform(_data))[0].Heatmap);
    }

    [Fact]
    public void Layers_are_chosen_where_none_are_named()
    {
        var told = _ml.Listen("Info");
        using var module = nn.Sequential(
            ("conv1", nn.Conv2d(3, 6, 3, padding: 1)), ("pool", nn.MaxPool2d(2)), ("conv2", nn.Conv2d(6, 8, 3, padding: 1)),
            ("mean", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()), ("classes", nn.Linear(8, 4))).Seeded();
        using var network = new ModuleNetwork(module, [3, 16, 16]);
        using var transformer = Fit(options => (options.ReadoutLayers, options.Network) = (null, network));
        Assert.Equal(["conv2", "mean", "conv1"], transformer.ReadoutLayers);
        Assert.Contains(told, message => message.Contains("The readout of layer 'conv1' reads", StringComparison.Ordinal));
        Assert.Contains(told, message => message.Contains("Epoch 3 of at most 3: loss", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_that_hold_too_much_or_no_numbers_are_refused_by_name()
    {
        using var transformer = Fit();
        byte[] file = ModelFile.Save(_ml, transformer);
        string Refusal(byte[] bytes, LoadLimits? limits = null)
            => Assert.Throws<FormatException>(() => IbaReadoutTransformer.Load(_ml, new MemoryStream(bytes), limits)).Message;
        Assert.Contains("LoadLimits.MaximumReadoutBytes", Refusal(file, new LoadLimits { MaximumReadoutBytes = 100 }));
        Assert.Contains("NaN or infinite", Refusal(ModelFile.Change(file, "Readout", bytes =>
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - sizeof(float)), float.NaN);
            return bytes;
        })));
        Assert.Contains("damaged", Refusal(ModelFile.Change(file, "Readout", bytes => bytes[..^9])));
        Assert.Contains("lacks the readout", Refusal(ModelFile.Write(ModelFile.Entries(file).Where(entry => !entry.Key.EndsWith("Readout", StringComparison.Ordinal)))));
        Assert.Throws<FormatException>(() => IbaTransformer.Load(_ml, new MemoryStream(file)));
    }

    [Fact]
    public void Options_that_cannot_be_are_refused_before_fit()
    {
        Assert.Contains("Epochs is 0", Refusal(options => options.Epochs = 0));
        Assert.Contains("ReadoutLayers is empty", Refusal(options => options.ReadoutLayers = []));
        Assert.Contains("no layer 'nothing'", Assert.Throws<ArgumentOutOfRangeException>(() => Fit(options => options.ReadoutLayers = ["nothing"])).Message);
        using var cut = new ReadoutCut(_network, "conv1", ["conv2", "conv1", "pooled"]);
        using var training = Train(cut);
        using var method = training.ToMethod();
        Assert.Contains("IbaReadout", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.Attribution("Heatmap", "Pixels", _network, method, "conv1")).Message);

        string Refusal(Action<IbaReadoutEstimator.Options> change)
            => Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.IbaReadout(Options(change))).Message;
    }

    /// <summary>What Fit does, on tensors.</summary>
    private static ReadoutTraining Train(ReadoutCut cut)
    {
        using var scope = NewDisposeScope();
        var rows = PixelRow.Make(6).Select(row => tensor(row.Pixels).view(1, 3, 16, 16)).ToArray();
        using var measurement = new ReadoutMeasurement(cut);
        foreach (var row in rows) measurement.Add([row]);
        var training = new ReadoutTraining(cut, measurement, new ReadoutOptions { Epochs = 3, NoiseCopies = 2, BatchSize = 4, Seed = 5, Output = OutputKind.Logits });
        while (!training.IsFinished)
        {
            foreach (var row in rows) training.Add([row]);
            training.EndEpoch();
        }

        return training;
    }

    private sealed class Told(Action<ReadoutEpoch> tell) : IProgress<ReadoutEpoch>
    {
        public void Report(ReadoutEpoch value) => tell(value);
    }
}
