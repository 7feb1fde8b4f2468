using Iba.Tests;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

public sealed class IbaTransformerTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();

    public void Dispose() => _network.Dispose();

    private IbaTransformer Fit(int rows = 20, Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(_network);
        change?.Invoke(options);
        return _ml.Transforms.Iba(options).Fit(_ml.Data.LoadFromEnumerable(PixelRow.Make(rows)));
    }

    [Fact]
    public void Heat_maps_have_the_input_s_size_and_sum_to_the_bits_of_the_capacity()
    {
        using var transformer = Fit();
        var view = transformer.Transform(_ml.Data.LoadFromEnumerable(PixelRow.Make(5, seed: 2)));
        Assert.Equal("Vector<Single, 16, 16>", view.Schema["Heatmap"].Type.ToString());
        Assert.Equal("Vector<Single, 6, 16, 16>", view.Schema["Capacity"].Type.ToString());
        var rows = _ml.Read(view);
        Assert.Equal(5, rows.Length);
        foreach (var row in rows)
        {
            Assert.Equal(256, row.Heatmap.Length);
            Assert.True(row.Heatmap.All(bits => bits >= 0) && row.Bits > 0);
            Assert.Equal(row.Bits, row.Heatmap.Sum(), 1e-3 * row.Bits);
            Assert.Equal(row.Bits, row.Capacity.Sum() / Math.Log(2), 1e-3 * row.Bits);
            Assert.Equal(row.Target, Array.IndexOf(row.Scores, row.Scores.Max()));
            Assert.Equal(1, row.Scores.Sum(), 1e-4);
            Assert.Equal(1, row.ScoresWithBottleneck.Sum(), 1e-4);
        }
    }

    [Fact]
    public void Rows_do_not_depend_on_the_batch_size_or_the_order()
    {
        var data = PixelRow.Make(11, seed: 3);
        var expected = Explain(data, 1);
        foreach (int batchSize in new[] { 2, 4, 8, 32 })
        {
            var rows = Explain(data, batchSize);
            for (int i = 0; i < rows.Length; i++) AssertClose(expected[i], rows[i]);
        }

        var reversed = Explain(data.Reverse().ToArray(), 8);
        for (int i = 0; i < reversed.Length; i++) AssertClose(expected[^(i + 1)], reversed[i]);
    }

    [Fact]
    public void Fit_and_transform_give_the_same_bits_for_every_batch_size_and_order()
    {
        var data = PixelRow.Make(16, seed: 3);
        using var single = Fit(change: options => (options.Steps, options.NoiseCopies, options.BatchSize) = (10, 10, 1));
        using var batches = Fit(change: options => (options.Steps, options.NoiseCopies, options.BatchSize) = (10, 10, 8));
        var expected = _ml.Read(single.Transform(_ml.Data.LoadFromEnumerable(data)));
        var rows = _ml.Read(batches.Transform(_ml.Data.LoadFromEnumerable(data)));
        var reversed = _ml.Read(batches.Transform(_ml.Data.LoadFromEnumerable(data.Reverse().ToArray())));
        foreach (var (one, other) in expected.Zip(rows)) Assert.Equal(one.Heatmap, other.Heatmap);
        foreach (var (one, other) in expected.Zip(reversed.Reverse())) Assert.Equal(one.Heatmap, other.Heatmap);

        // Rows that share a pass are rounded otherwise.
        batches.RowsPerPass = 8;
        var together = _ml.Read(batches.Transform(_ml.Data.LoadFromEnumerable(data)));
        foreach (var (one, other) in expected.Zip(together)) AssertClose(one, other);
        Assert.Contains(80, _network.TailCalls);
    }

    [Fact]
    public void The_prediction_engine_agrees_with_the_batches()
    {
        using var transformer = Fit();
        var data = PixelRow.Make(6, seed: 4);
        var expected = _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(data)));
        using var engine = _ml.Model.CreatePredictionEngine<PixelRow, ExplainedRow>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        for (int i = 0; i < data.Length; i++) AssertClose(expected[i], engine.Predict(data[i]));
    }

    [Fact]
    public void The_target_is_the_predicted_class_a_fixed_one_or_the_label()
    {
        var data = PixelRow.Make(12, seed: 4);
        int[] Targets(Action<IbaEstimator.Options> change)
        {
            using var transformer = Fit(change: change);
            return _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(data))).Select(row => row.Target).ToArray();
        }

        Assert.Equal(Enumerable.Repeat(2, 12), Targets(options => options.TargetIndex = 2));
        Assert.Equal(data.Select(row => row.Label), Targets(options => options.LabelColumnName = nameof(PixelRow.Label)));
        using var network = new ConvolutionalNetwork();
        var scores = network.Forward([TorchSharp.torch.stack(data.Select(row => TorchSharp.torch.tensor(row.Pixels).view(3, 16, 16)))]);
        Assert.True(scores.argmax(1).data<long>().ToArray().Distinct().Count() > 1);
        Assert.Equal(scores.argmax(1).data<long>().ToArray().Select(target => (int)target), Targets(_ => { }));
    }

    [Fact]
    public void Capacity_is_that_of_the_finished_mask_or_of_the_last_forward_pass()
    {
        var data = _ml.Data.LoadFromEnumerable(PixelRow.Make(3, seed: 4));
        float[] Bits(CapacityKind kind, int steps)
        {
            using var transformer = Fit(change: options => (options.Capacity, options.Steps) = (kind, steps));
            return _ml.Read(transformer.Transform(data)).Select(row => row.Bits).ToArray();
        }

        // One step later, the last forward pass sees what was the finished mask before.
        float[] finished = Bits(CapacityKind.FinishedMask, 3);
        float[] lastForward = Bits(CapacityKind.LastForward, 4);
        for (int i = 0; i < finished.Length; i++) Assert.Equal(finished[i], lastForward[i], 1e-4 * finished[i]);
        Assert.NotEqual(Bits(CapacityKind.LastForward, 3), finished);
    }

    [Fact]
    public void Without_a_seed_the_context_s_random_numbers_decide_and_are_kept()
    {
        using var first = Fit(change: options => options.Seed = null);
        using var second = Fit(change: options => options.Seed = null);
        Assert.NotEqual(first.Seed, second.Seed);
        using var given = Fit(change: options => options.Seed = 77);
        Assert.Equal(77, given.Seed);
    }

    [Fact]
    public void Class_names_are_slot_names_of_the_score_columns()
    {
        using var transformer = Fit(change: options => options.ClassNames = ["a", "b", "c", "d"]);
        var schema = transformer.GetOutputSchema(_ml.Data.LoadFromEnumerable(PixelRow.Make(1)).Schema);
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["Scores"].GetSlotNames(ref names);
        Assert.Equal(["a", "b", "c", "d"], names.DenseValues().Select(name => name.ToString()));
    }

    [Fact]
    public void Probabilities_are_recognised_and_logged()
    {
        using var probabilities = new ConvolutionalNetwork(probabilities: true);
        var messages = _ml.Listen("Info");
        using var ofLogits = Fit();
        using var ofProbabilities = Fit(change: options => options.Network = probabilities);
        Assert.Equal(Iba.Torch.OutputKind.Logits, ofLogits.Output);
        Assert.Equal(Iba.Torch.OutputKind.Probabilities, ofProbabilities.Output);
        Assert.Contains(messages, message => message.Contains("taken as logits (by their values)", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.Contains("taken as probabilities (by their values)", StringComparison.Ordinal));

        // The same classifier in other words: the same explanation.
        var data = _ml.Data.LoadFromEnumerable(PixelRow.Make(4, seed: 9));
        var expected = _ml.Read(ofLogits.Transform(data));
        var actual = _ml.Read(ofProbabilities.Transform(data));
        for (int i = 0; i < expected.Length; i++) AssertClose(expected[i], actual[i], 1e-3);
    }

    [Fact]
    public void Fit_measures_no_more_rows_than_asked_for()
    {
        using var transformer = Fit(rows: 30, change: options => options.MaximumFitRows = 12);
        Assert.Equal(12, transformer.MeasuredRows);
        Assert.Equal([8, .. Enumerable.Repeat(1L, 12)], _network.HeadCalls); // The first eight together tell of the network.
    }

    [Fact]
    public void A_first_row_without_a_gradient_does_not_condemn_the_layer()
    {
        var rows = PixelRow.Make(12);
        Array.Fill(rows[0].Pixels, -1000f);
        var options = TestPipelines.PixelOptions(_network);
        options.Layer = "conv1";
        using var module = TorchSharp.torch.nn.Sequential(
            ("flat", TorchSharp.torch.nn.Flatten()), ("first", TorchSharp.torch.nn.Linear(3 * 16 * 16, 4)), ("relu", TorchSharp.torch.nn.ReLU()), ("last", TorchSharp.torch.nn.Linear(4, 3))).Seeded();
        foreach (var weight in new[] { module.get_parameter("first.weight")!, module.get_parameter("last.weight")! })
        {
            using var noGradient = TorchSharp.torch.no_grad();
            weight.fill_(0.01).add_(TorchSharp.torch.arange(weight.numel()).view(weight.shape), 1e-4);
        }

        module.get_parameter("first.bias")!.detach().fill_(5);
        using var network = new Iba.Torch.ModuleNetwork(module, [3, 16, 16]);
        (options.Network, options.Layer, options.CapacityColumnName) = (network, "first", null);
        using var transformer = _ml.Transforms.Iba(options).Fit(_ml.Data.LoadFromEnumerable(rows));
        Assert.Equal(12, transformer.MeasuredRows);
    }

    [Fact]
    public void A_flat_layer_gives_an_even_map()
    {
        using var transformer = Fit(change: options => options.Layer = "pooled");
        var row = _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(PixelRow.Make(1, seed: 2)))).Single();
        Assert.Equal(256, row.Heatmap.Length);
        Assert.All(row.Heatmap, bits => Assert.Equal(row.Bits / 256, bits, 1e-5 * row.Bits));
    }

    private ExplainedRow[] ExplainLayer(string layer, int channelDimension, int steps, double sigma)
    {
        using var transformer = Fit(change: options =>
            (options.Layer, options.ChannelDimension, options.Sigma, options.Steps) = (layer, channelDimension, sigma, steps));
        return _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(PixelRow.Make(3, seed: 2))));
    }

    [Fact]
    public void Features_with_channels_last_give_the_same_map()
    {
        var (expected, actual) = (ExplainLayer("conv2", 1, steps: 4, sigma: 1), ExplainLayer("channels-last", 3, steps: 4, sigma: 1));
        for (int i = 0; i < expected.Length; i++) AssertClose(expected[i], actual[i], 1e-4);
    }

    [Fact]
    public void Patches_of_a_picture_give_the_map_of_the_picture()
    {
        // One step of Adam follows the sign of the gradient alone, so that the other noise, shifted by the leading token, matters little.
        var (expected, actual) = (ExplainLayer("conv2", 1, steps: 1, sigma: 0), ExplainLayer("tokens", 2, steps: 1, sigma: 0));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(256, actual[i].Heatmap.Length);
            Assert.Equal(expected[i].Bits, actual[i].Bits, 0.15 * expected[i].Bits);
            int brightest = Array.IndexOf(expected[i].Heatmap, expected[i].Heatmap.Max());
            Assert.InRange(actual[i].Heatmap[brightest], 0.6 * expected[i].Heatmap[brightest], 1.4 * expected[i].Heatmap[brightest]);
        }
    }

    [Fact]
    public void Progress_is_reported_while_fitting_and_explaining()
    {
        var reports = new Reports();
        using var transformer = Fit(rows: 20, change: options => options.Progress = reports);
        Assert.Equal(new IbaProgress(IbaPhase.Fitting, 20, 20), reports[^1]);
        Assert.Equal([8L, 16L], reports.Take(2).Select(report => report.Rows));
        reports.Clear();
        _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(PixelRow.Make(10))));
        Assert.Equal([8L, 10L], reports.Select(report => report.Rows));
        Assert.All(reports, report => Assert.Equal((IbaPhase.Explaining, 10L), (report.Phase, report.TotalRows!.Value)));
        reports.Clear();
        _ml.Read(transformer.Transform(_ml.Data.FilterRowsByColumn(_ml.Data.LoadFromEnumerable(PixelRow.Make(10)), "Number", upperBound: 3)));
        Assert.Equal(new IbaProgress(IbaPhase.Explaining, 3, null), Assert.Single(reports));
    }

    [Fact]
    public void A_disposed_transformer_says_so_and_leaves_the_network_to_its_owner()
    {
        var data = _ml.Data.LoadFromEnumerable(PixelRow.Make(2));
        var transformer = Fit();
        transformer.Dispose();
        transformer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _ml.Read(transformer.Transform(data)));
        Assert.Throws<ObjectDisposedException>(() => _ml.Model.Save(transformer, data.Schema, Stream.Null));
        Assert.False(_network.IsDisposed);

        // A prediction engine disposes its transformer by default; the network must live on.
        _ml.Model.CreatePredictionEngine<PixelRow, ExplainedRow>(Fit()).Dispose();
        Assert.False(_network.IsDisposed);
        using var another = Fit();
        Assert.Equal(2, _ml.Read(another.Transform(data)).Length);
    }

    private ExplainedRow[] Explain(PixelRow[] data, int batchSize)
    {
        using var transformer = Fit(change: options => options.BatchSize = batchSize);
        return _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(data)));
    }

    internal static void AssertClose(ExplainedRow expected, ExplainedRow actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Target, actual.Target);
        Assert.Equal(expected.Heatmap.Length, actual.Heatmap.Length);
        double largest = expected.Heatmap.Max();
        for (int i = 0; i < expected.Heatmap.Length; i++) Assert.Equal(expected.Heatmap[i], actual.Heatmap[i], tolerance * largest);
        Assert.Equal(expected.Bits, actual.Bits, tolerance * expected.Bits);
    }

    private sealed class Reports : List<IbaProgress>, IProgress<IbaProgress>
    {
        public void Report(IbaProgress value) => Add(value);
    }
}
