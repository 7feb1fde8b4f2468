using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class PerSampleBottleneckTests
{
    private static readonly long[] Row = [3, 5, 4];

    [Theory]
    [InlineData(new long[] { 6, 4, 5 }, 1)]
    [InlineData(new long[] { 6, 9 }, 1)]
    [InlineData(new long[] { 9, 6 }, 2)]
    [InlineData(new long[] { 12 }, 1)]
    [InlineData(new long[] { 3, 1, 1 }, 1)]
    [InlineData(new long[] { 3, 2, 2 }, 1)]
    [InlineData(new long[] { 4, 5, 6 }, 3)]
    public void It_works_on_features_of_every_kind(long[] row, int channelDimension)
    {
        using var scope = NewDisposeScope();
        foreach (bool perChannel in new[] { false, true })
        {
            using var statistics = Toy.Statistics(row, channelDimension, perChannel);
            using var result = Toy.Explain(Toy.Dense(row), statistics, Toy.Random([3, .. row]), new() { Beta = 1 });
            result.ThrowIfFailed();
            Assert.Equal([3, .. row], result.Capacity.shape);
            Assert.Equal([3, .. row], result.Alpha.shape);
            Assert.True(result.Capacity.isfinite().logical_and(result.Capacity.ge(0)).all().item<bool>());
            Assert.True(Toy.Total(result.Capacity) > 0);
        }
    }

    [Fact]
    public void The_result_holds_what_happened_step_by_step()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var network = Toy.Dense(Row);
        using var result = Toy.Explain(network, statistics, Toy.Random([2, .. Row]), new() { Steps = 6, NoiseCopies = 3 });
        Assert.Equal([2, 6], result.Loss.shape);
        Toy.AssertClose(result.ModelLoss + (10 * result.Information), result.Loss, 1e-6);
        Toy.AssertClose(result.LastForwardCapacity.flatten(1).mean([1]), result.Information[TensorIndex.Colon, -1]);
        Assert.Equal([2, Toy.Classes], result.ProbabilitiesWithBottleneck.shape);
        Assert.Equal([1f, 1f], result.ProbabilitiesWithBottleneck.sum(1).data<float>().ToArray().Select(sum => MathF.Round(sum, 4)));
        Assert.Equal([2, 6, 6, 6, 6, 6, 6], network.Passes);
    }

    [Fact]
    public void The_tail_sees_the_memory_layout_of_the_features_and_results_do_not_depend_on_it()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([2, .. Row]);
        var dense = Toy.Dense(Row);
        var seen = new List<bool>();
        var network = new ToyNetwork(noisy =>
        {
            seen.Add(MemoryLayout.IsChannelsLast(noisy));
            return dense.Tail(noisy, null!);
        });
        using var plain = Toy.Explain(network, statistics, features, new() { Steps = 3, NoiseCopies = 4 });
        Assert.DoesNotContain(true, seen);
        seen.Clear();
        using var last = Toy.Explain(network, statistics, MemoryLayout.Dense(features, channelsLast: true), new() { Steps = 3, NoiseCopies = 4 });
        Assert.DoesNotContain(false, seen);
        Toy.AssertClose(plain.Capacity, last.Capacity);
        Toy.AssertClose(plain.Loss, last.Loss);
        Assert.True(last.Capacity.is_contiguous());
    }

    [Fact]
    public void Without_targets_the_predicted_class_is_explained()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([4, .. Row]);
        using var predicted = Toy.Explain(Toy.Dense(Row), statistics, features);
        using var given = Toy.Explain(Toy.Dense(Row), statistics, features, targets: predicted.Probabilities.argmax(1));
        Assert.Equal(given.Capacity.data<float>().ToArray(), predicted.Capacity.data<float>().ToArray());
        Assert.Equal(given.Targets.data<long>().ToArray(), predicted.Targets.data<long>().ToArray());
    }

    [Fact]
    public void Probabilities_give_the_map_of_their_logits_and_are_recognised()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([3, .. Row]);
        using var logits = Toy.Explain(Toy.Dense(Row), statistics, features);
        var softmax = Toy.Dense(Row, OutputKind.Auto, outputs => outputs.softmax(1));
        using var bottleneck = new PerSampleBottleneck(softmax, statistics);
        Assert.Equal(OutputKind.Auto, bottleneck.Output);
        using var activation = new Activation(features.alias(), []);
        using var probabilities = bottleneck.Explain(activation);
        Assert.Equal(OutputKind.Probabilities, bottleneck.Output);
        Toy.AssertClose(logits.Capacity, probabilities.Capacity, 1e-4);
        Toy.AssertClose(logits.Probabilities, probabilities.Probabilities);

        using var sure = new PerSampleBottleneck(Toy.Dense(Row, OutputKind.Auto), statistics);
        using var other = sure.Explain(activation);
        Assert.Equal(OutputKind.Logits, sure.Output);
    }

    [Fact]
    public void A_probability_of_zero_leaves_everything_finite()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var network = Toy.Dense(Row, OutputKind.Probabilities, outputs => (outputs * 1000).softmax(1));
        using var result = Toy.Explain(network, statistics, Toy.Random([3, .. Row]), targets: zeros(3, dtype: ScalarType.Int64));
        result.ThrowIfFailed();
        Assert.True(result.Loss.isfinite().all().item<bool>());
    }

    [Fact]
    public void A_native_error_of_the_tail_is_one_line_with_layer_and_shape()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var network = new ToyNetwork(features => nn.functional.conv2d(features, ones(2, 8, 3, 3)));
        var error = Assert.Throws<InvalidOperationException>(() => Toy.Explain(network, statistics, Toy.Random([2, .. Row])));
        Assert.Contains("after layer 'toy' failed on features [2, 3, 5, 4]", error.Message);
        Assert.DoesNotContain("\n", error.Message);
    }

    [Fact]
    public void A_tail_that_gives_no_row_of_classes_is_named()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var error = Assert.Throws<InvalidOperationException>(() => Toy.Explain(new ToyNetwork(features => features), statistics, Toy.Random([2, .. Row])));
        Assert.Contains("returned [2, 3, 5, 4] for 2 rows; expected [2, classes]", error.Message);
    }

    [Fact]
    public void A_single_output_is_the_second_of_two_classes()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([3, .. Row]);
        var two = Toy.Dense(Row, OutputKind.Logits, outputs => cat([zeros_like(outputs[TensorIndex.Colon, ..1]), outputs[TensorIndex.Colon, ..1]], 1));
        var logit = Toy.Dense(Row, OutputKind.Logits, outputs => outputs[TensorIndex.Colon, ..1]);
        var probability = Toy.Dense(Row, OutputKind.Probabilities, outputs => outputs[TensorIndex.Colon, ..1].sigmoid());
        using var expected = Toy.Explain(two, statistics, features);
        using var ofLogit = Toy.Explain(logit, statistics, features);
        using var ofProbability = Toy.Explain(probability, statistics, features);
        Assert.Equal([3, 2], ofLogit.Probabilities.shape);
        Toy.AssertClose(expected.Capacity, ofLogit.Capacity);
        Toy.AssertClose(expected.Capacity, ofProbability.Capacity, 1e-4);

        var unclear = Toy.Dense(Row, OutputKind.Auto, outputs => outputs[TensorIndex.Colon, ..1].sigmoid());
        Assert.Contains("Set the option Output", Assert.Throws<InvalidOperationException>(() => Toy.Explain(unclear, statistics, features)).Message);
    }

    [Fact]
    public void Labels_that_do_not_exclude_each_other_keep_their_own_probabilities()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([3, .. Row]);
        var targets = ones(3, dtype: ScalarType.Int64);
        using var labels = Toy.Explain(Toy.Dense(Row, OutputKind.MultiLabel, outputs => outputs.sigmoid()), statistics, features, targets: targets);
        Toy.AssertClose(Toy.Dense(Row).Tail(features, new Activation(features.alias(), [])).sigmoid(), labels.Probabilities);

        // The loss is that of the target's own question, yes or no.
        var one = Toy.Dense(Row, OutputKind.MultiLabel, outputs => outputs[TensorIndex.Colon, 1..2].sigmoid());
        using var alone = Toy.Explain(one, statistics, features, targets: targets);
        Assert.Equal([3, 2], alone.Probabilities.shape);
        Toy.AssertClose(alone.Loss, labels.Loss, 1e-4);
        Toy.AssertClose(alone.Capacity, labels.Capacity, 1e-4);
        var divergence = new BottleneckOptions { Loss = BottleneckLoss.Divergence };
        using var ofOne = Toy.Explain(one, statistics, features, divergence);
        using var ofTwoClasses = Toy.Explain(Toy.Dense(Row, OutputKind.Logits, outputs => cat([zeros_like(outputs[TensorIndex.Colon, ..1]), outputs[TensorIndex.Colon, 1..2]], 1)), statistics, features, divergence);
        Toy.AssertClose(ofTwoClasses.Capacity, ofOne.Capacity, 1e-4);
    }

    [Fact]
    public void A_tail_that_does_not_depend_on_the_layer_is_named()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var network = new ToyNetwork(features => zeros(features.shape[0], 3));
        var error = Assert.Throws<InvalidOperationException>(() => Toy.Explain(network, statistics, Toy.Random([2, .. Row])));
        Assert.Contains("does not depend on layer 'toy'", error.Message);
    }

    [Fact]
    public void Inputs_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        using var perChannel = Toy.Statistics(Row, perChannel: true);
        var network = Toy.Dense(Row);
        var features = Toy.Random([2, .. Row]);
        Assert.Contains("measure per channel", Refused(statistics, Toy.Random([2, 3, 6, 6])));
        Assert.Contains("one value per channel", Refused(perChannel, Toy.Random([2, 4, 5, 4])));
        Assert.Contains("no rows", Refused(statistics, features[..0]));
        Assert.Contains("floating point", Refused(statistics, features.to_type(ScalarType.Int64)));
        Assert.Contains("expected Int64 [2]", Refused(statistics, features, targets: zeros(3, dtype: ScalarType.Int64)));
        Assert.Contains("expected Int64 [2]", Refused(statistics, features, targets: zeros(2)));
        Assert.Contains("need Bool [2, 5, 4]", Refused(statistics, features, mask: ones(2, 5, dtype: ScalarType.Bool)));

        string Refused(LayerStatistics measured, Tensor given, Tensor? targets = null, Tensor? mask = null)
            => Assert.Throws<ArgumentException>(() => Toy.Explain(network, measured, given, targets: targets, mask: mask)).Message;
    }

    [Fact]
    public void Rows_that_cannot_be_explained_are_named_and_disturb_no_other()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var dense = Toy.Dense(Row);
        var good = Toy.Random([2, .. Row]);
        var features = cat([good[..1], Toy.Random([3, .. Row], seed: 5), good[1..]]);
        features[1, 0, 0, 0] = float.NaN;
        features[2, 1, 1, 1] = float.PositiveInfinity;
        using var expected = Toy.Explain(dense, statistics, good, targets: arange(1, 3));
        using var result = Toy.Explain(dense, statistics, features, new() { MaxRowsPerPass = 3 }, tensor(new[] { 1L, 0, 0, Toy.Classes, 2 }));
        Assert.Equal("1, 2, 3", string.Join(", ", result.Failures.Select(failure => failure.Row)));
        Assert.Contains("1 of its 60 features are NaN or infinite", result.Failures[0].Reason);
        Assert.Contains("its target 4 is no class of the network (0 to 3)", result.Failures[2].Reason);
        Assert.True(result.Capacity[1..4].isnan().all().item<bool>());
        Toy.AssertClose(expected.Capacity, cat([result.Capacity[..1], result.Capacity[4..]]));
        Assert.Contains("Row 3 could not be explained: its target 4", Assert.Throws<InvalidOperationException>(result.ThrowIfFailed).Message);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_named_with_its_step()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var network = new ToyNetwork(features => features.flatten(1)[TensorIndex.Colon, ..3] / features.flatten(1)[TensorIndex.Colon, 3..4].sub(100).clamp_min(0));
        using var result = Toy.Explain(network, statistics, Toy.Random([2, .. Row]));
        Assert.Equal(2, result.Failures.Count);
        Assert.Contains("loss became NaN or infinite at step 0", result.Failures[0].Reason);
    }

    [Fact]
    public void No_tensor_outlives_a_call_and_features_keep_no_gradient()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        using var good = new Activation(Toy.Random([3, .. Row]), []);
        using var bad = new Activation(good.Features.clone().fill_(double.NaN), []);
        var mask = ones(3, 5, 4, dtype: ScalarType.Bool);
        using var bottleneck = new PerSampleBottleneck(Toy.Dense(Row), statistics);
        bottleneck.Explain(good).Dispose(); // fills the noise cache
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int call = 0; call < 3; call++) bottleneck.Explain(good, mask: mask).Dispose();
        bottleneck.Explain(bad).Dispose();
        Assert.Throws<ArgumentException>(() => bottleneck.Explain(good, targets: mask));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.False(good.Features.requires_grad);
        Assert.Null(good.Features.grad);
    }

    [Fact]
    public void A_result_outlives_the_scope_around_the_call()
    {
        BottleneckResult result;
        using (NewDisposeScope())
        {
            using var statistics = Toy.Statistics(Row);
            result = Toy.Explain(Toy.Dense(Row), statistics, Toy.Random([3, .. Row]), new() { MaxRowsPerPass = 2 });
        }

        Assert.All(result.Tensors, tensor => Assert.False(tensor.IsInvalid));
        result.Dispose();
        Assert.All(result.Tensors, tensor => Assert.True(tensor.IsInvalid));
    }

    [Fact]
    public void It_works_where_the_caller_has_switched_gradients_off()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        using var grad = no_grad();
        using var result = Toy.Explain(Toy.Dense(Row), statistics, Toy.Random([2, .. Row]));
        Assert.True((result.Alpha - 5).abs().min().item<float>() > 0.1);
        Assert.False(result.Capacity.requires_grad);
        Assert.False(is_grad_enabled());
    }

    [Fact]
    public void Half_precision_features_reach_the_tail_as_they_were()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        var features = Toy.Random([2, .. Row]);
        var types = new List<ScalarType>();
        var dense = Toy.Dense(Row);
        var network = new ToyNetwork(rows =>
        {
            types.Add(rows.dtype);
            return dense.Tail(rows.to_type(ScalarType.Float32), null!).to_type(rows.dtype);
        });
        using var expected = Toy.Explain(dense, statistics, features);
        using var result = Toy.Explain(network, statistics, features.to_type(ScalarType.BFloat16));
        result.ThrowIfFailed();
        Assert.All(types, type => Assert.Equal(ScalarType.BFloat16, type));
        Assert.Equal(ScalarType.Float32, result.Capacity.dtype);
        Assert.InRange(Toy.Total(result.Capacity) / Toy.Total(expected.Capacity), 0.8, 1.25);
    }
}
