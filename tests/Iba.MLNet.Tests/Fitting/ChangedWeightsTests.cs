using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Statistics are those of the weights that were measured: a transformer whose network was trained further says so.</summary>
public sealed class ChangedWeightsTests : IDisposable
{
    private const string FitAgain = "changed since the layer was measured, so that its statistics are those of another network: call Fit again";

    private readonly MLContext _ml = new(seed: 1);
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly IDataView _data;

    public ChangedWeightsTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(20));

    public void Dispose() => _scope.Dispose();

    private static nn.Module<Tensor, Tensor> Module(ulong seed)
    {
        var module = nn.Sequential(
            ("conv", nn.Conv2d(3, 6, 3, padding: 1)), ("relu", nn.ReLU()), ("pool", nn.AdaptiveAvgPool2d(4)), ("flat", nn.Flatten()), ("classes", nn.Linear(96, 4)));
        using var generator = new torch.Generator(seed);
        using var grad = no_grad();
        foreach (var weight in module.parameters()) weight.copy_(randn(weight.shape, generator: generator) * 0.3);
        return module;
    }

    private IbaEstimator Estimator(Network network, string layer) => _ml.Transforms.Iba(new IbaEstimator.Options
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = network,
        Layer = layer,
        Seed = 5,
        Steps = 3,
        NoiseCopies = 2,
        TotalBitsColumnName = "Bits",
    });

    private static void Step(nn.Module<Tensor, Tensor> module, params string[] weights)
    {
        var trained = module.named_parameters().Where(named => weights.Contains(named.name)).Select(named => named.parameter).ToArray();
        Assert.Equal(weights.Length, trained.Length);
        foreach (var weight in trained) weight.requires_grad_(true);
        using var optimizer = optim.SGD(trained, 0.1);
        var loss = nn.functional.cross_entropy(module.call(ones(2, 3, 16, 16)), zeros(2, dtype: int64));
        loss.backward();
        optimizer.step();
        foreach (var weight in trained) weight.requires_grad_(false);
    }

    private void AssertFitAgain(IbaTransformer transformer)
        => Assert.Contains(FitAgain, Assert.ThrowsAny<InvalidOperationException>(() => _ml.Read(transformer.Transform(_data))).Message, StringComparison.Ordinal);

    [Fact]
    public void Loading_or_training_the_head_asks_for_another_fit_and_training_the_tail_does_not()
    {
        using var module = Module(1);
        using var other = Module(2);
        using var network = new ModuleNetwork(module, [3, 16, 16]);
        var estimator = Estimator(network, "relu");
        using var old = estimator.Fit(_data);
        var before = _ml.Read(old.Transform(_data));

        Step(module, "classes.weight", "classes.bias");
        var trained = _ml.Read(old.Transform(_data));
        Assert.NotEqual(before[0].Heatmap, trained[0].Heatmap);

        Step(module, "conv.weight");
        AssertFitAgain(old);
        using (var fresh = estimator.Fit(_data)) Assert.Equal(20, _ml.Read(fresh.Transform(_data)).Length);

        using var measurement = estimator.Measure(_data);
        module.load_state_dict(other.state_dict());
        AssertFitAgain(old);
        Assert.Contains("measure again", Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(measurement)).Message, StringComparison.Ordinal);
        using var engine = _ml.Model.CreatePredictionEngine<PixelRow, ExplainedRow>(
            estimator.Fit(_data), new PredictionEngineOptions { OwnsTransformer = true });
        Assert.Equal(256, engine.Predict(PixelRow.Make(1)[0]).Heatmap.Length);
    }

    [Fact]
    public void A_transformer_of_other_weights_is_not_saved_and_makes_no_engine()
    {
        using var network = new ConvolutionalNetwork();
        using var transformer = Estimator(network, "conv1").Fit(_data);
        network.Train(0);
        using var stream = new MemoryStream();
        Assert.Contains(FitAgain, Assert.ThrowsAny<InvalidOperationException>(() => _ml.Model.Save(transformer, _data.Schema, stream)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => _ml.Model.CreatePredictionEngine<PixelRow, ExplainedRow>(transformer, new PredictionEngineOptions { OwnsTransformer = false }));
    }

    [Fact]
    public void A_saved_transformer_knows_its_weights()
    {
        using var network = new ConvolutionalNetwork();
        using var transformer = Estimator(network, "conv1").Fit(_data);
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, _data.Schema, stream);
        network.Train(0);
        var model = _ml.Model.Load(stream, out _);
        using var loaded = (IDisposable)model;
        Assert.Equal(20, _ml.Read(model.Transform(_data)).Length);
        AssertFitAgain(transformer);
    }

    [Fact]
    public void The_weights_are_looked_at_once_for_a_view_not_for_each_row()
    {
        using var network = new ConvolutionalNetwork();
        using var transformer = Estimator(network, "conv1").Fit(_data);
        int before = network.FingerprintCalls;
        var view = transformer.Transform(_data);
        Assert.Equal(20, view.GetColumn<string>("Name").Count());
        Assert.Equal(before, network.FingerprintCalls);
        Assert.Equal(20, _ml.Read(view).Length);
        Assert.Equal(before + 1, network.FingerprintCalls);
        using var engine = _ml.Model.CreatePredictionEngine<PixelRow, ExplainedRow>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        before = network.FingerprintCalls;
        foreach (var row in PixelRow.Make(5)) engine.Predict(row);
        Assert.Equal(before, network.FingerprintCalls);
    }

    // The loop of research: train, measure, explain, train on.
    [Fact]
    public void A_module_is_explained_while_it_is_trained()
    {
        using var module = Module(3);
        var rows = PixelRow.Make(40);
        var images = stack(rows.Select(row => tensor(row.Pixels).view(3, 16, 16)));
        var labels = tensor(rows.Select(row => (long)Array.IndexOf(row.Pixels, row.Pixels.Max()) / 256).ToArray());
        using var optimizer = optim.Adam(module.parameters(), 0.02);
        var losses = new List<double>();
        var bits = new List<float>();
        for (int epoch = 0; epoch < 3; epoch++)
        {
            module.train();
            for (int step = 0; step < 15; step++)
            {
                using var scope = NewDisposeScope();
                optimizer.zero_grad();
                var loss = nn.functional.cross_entropy(module.call(images), labels);
                loss.backward();
                optimizer.step();
                if (step == 14) losses.Add(loss.item<float>());
            }

            // While the network lives, weights need no gradient; disposing it gives them back to the training.
            using var network = new ModuleNetwork(module, [3, 16, 16]);
            using var transformer = Estimator(network, "relu").Fit(_ml.Data.LoadFromEnumerable(rows));
            bits.Add(_ml.Read(transformer.Transform(_data)).Average(row => row.Bits));
        }

        Assert.True(losses[2] < losses[0], string.Join(", ", losses));
        Assert.All(bits, average => Assert.True(average > 0 && float.IsFinite(average)));
        Assert.Equal(3, bits.Distinct().Count());
    }

    [Fact]
    public void Cross_validation_of_a_classifier_of_heat_maps()
    {
        using var network = new ConvolutionalNetwork();
        var chain = Estimator(network, "conv1")
            .Append(_ml.Transforms.Concatenate("Features", "Heatmap", "Bits"))
            .Append(_ml.Transforms.NormalizeMinMax("Features"))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.Transforms.Conversion.MapValueToKey("Key", "Label"))
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Key", maximumNumberOfIterations: 3));
        var folds = _ml.MulticlassClassification.CrossValidate(_ml.Data.LoadFromEnumerable(PixelRow.Make(40)), chain, numberOfFolds: 3, labelColumnName: "Key");
        Assert.Equal(3, folds.Count);
        Assert.All(folds, fold =>
        {
            Assert.InRange(fold.Metrics.MicroAccuracy, 0, 1);
            Assert.Equal(4, fold.Metrics.PerClassLogLoss.Count);
        });
    }
}
