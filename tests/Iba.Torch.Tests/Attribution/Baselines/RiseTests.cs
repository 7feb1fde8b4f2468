using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>RISE of a linear network, and what its masks are.</summary>
public sealed class RiseTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(new long[] { 3, 5, 7 }, 1)]
    [InlineData(new long[] { 5, 7, 3 }, 3)]
    [InlineData(new long[] { 7, 3 }, 2)]
    [InlineData(new long[] { 5, 7 }, 0)]
    public void The_map_is_the_mean_score_of_the_masks_that_keep_a_place(long[] row, int channels)
    {
        const int masks = 60;
        const double keep = 0.3;
        var linear = new Linear(row);
        using var method = new Rise(masks, cells: 3, keep, ofProbability: false, seed: 5);
        using var result = linear.Explain(method, new() { ChannelDimension = channels, Target = ExplanationTarget.Class(2) });
        long[] size = row.Where((_, i) => i + 1 != channels).ToArray();
        var expected = zeros([3, .. size]);
        foreach (int index in Enumerable.Range(0, masks))
        {
            var mask = new RiseMasks(3, keep, 5).Make(index, 1, size)[0];
            var kept = linear.Features * (channels == 0 ? mask : mask.unsqueeze(channels - 1));
            var score = (kept * linear.Weights[2]).flatten(1).sum([1L]);
            expected += score.view([3, .. size.Select(_ => 1L)]) * mask / (masks * keep);
        }

        Toy.AssertClose(expected, result.Map, 1e-4);
    }

    [Fact]
    public void Of_probabilities_it_is_their_mean()
    {
        var linear = new Linear([3, 5]);
        using var method = new Rise(masks: 4, cells: 3, seed: 5);
        using var result = linear.Explain(method, new() { Target = ExplanationTarget.Class(2) });
        var masks = new RiseMasks(3, 0.5, 5).Make(0, 4, [5]);
        var probabilities = stack(Enumerable.Range(0, 4).Select(k => linear.Network.Tail(linear.Features * masks[k], null!).softmax(1)[.., 2]), 1);
        Toy.AssertClose(probabilities.matmul(masks) / 2, result.Map, 1e-5);
        Assert.False(result.IsSigned);
    }

    [Fact]
    public void Masks_keep_the_share_that_they_should()
    {
        var masks = new RiseMasks(8, 0.3, 1).Make(0, 400, [20, 30]);
        Assert.Equal([400, 20, 30], masks.shape);
        Assert.Equal((0, 1), (masks.min().item<float>(), masks.max().item<float>()));
        Assert.InRange(masks.mean().item<float>(), 0.28f, 0.32f);
        // Not at the border alone, and not in the middle alone: every place is kept as often.
        Assert.InRange(masks.mean([0]).min().item<float>(), 0.2f, 0.3f);
        Assert.InRange(masks.mean([0]).max().item<float>(), 0.3f, 0.4f);
    }

    [Fact]
    public void A_mask_comes_from_the_seed_and_its_number_alone()
    {
        var all = new RiseMasks(4, 0.5, 9).Make(0, 6, [10]);
        Assert.Equal(all[4..6], new RiseMasks(4, 0.5, 9).Make(4, 2, [10]));
        Assert.NotEqual(all, new RiseMasks(4, 0.5, 10).Make(0, 6, [10]));
    }

    // A single cell is kept or not; more cells than positions are one each.
    [Theory]
    [InlineData(1, 6)]
    [InlineData(9, 4)]
    public void Any_number_of_cells_fits_any_size(int cells, long length)
    {
        var masks = new RiseMasks(cells, 0.5, 2).Make(0, 50, [length]);
        Assert.True(masks.ge(0).logical_and(masks.le(1)).all().item<bool>());
        if (cells == 1) Assert.Equal(masks.amin([1]), masks.amax([1]));
    }

    // Padding lies behind the first row, and before and behind the second.
    [Fact]
    public void A_row_in_a_padded_batch_gets_the_masks_of_a_row_alone()
    {
        var weights = Toy.Random([Toy.Classes, 2], seed: 3);
        var network = new ToyNetwork(features => features.sum([2L]).matmul(weights.t()));
        var features = Toy.Random([2, 2, 8]);
        var exists = zeros(2, 8, dtype: ScalarType.Bool);
        exists[0, ..5] = true;
        exists[1, 2..5] = true;
        features = features.where(exists.unsqueeze(1), zeros(1));
        foreach (var make in new Func<AttributionMethod>[] { () => new Rise(masks: 20), () => new RandomMap(), () => new CenteredGaussian(), () => new SmoothGrad(3) })
        {
            using var method = make();
            using var together = Linear.Explain(method, network, features, new() { Mask = exists });
            using var first = Linear.Explain(method, network, features[..1, .., ..5]);
            Toy.AssertClose(first.Map[0], together.Map[0, ..5]);
            Assert.True(together.Map[0, 5..].eq(0).all().item<bool>());
            if (method is SmoothGrad) continue; // Its noise is that of a place, counted from the batch's first.
            using var second = Linear.Explain(method, network, features[1.., .., 2..5]);
            Toy.AssertClose(second.Map[0], together.Map[1, 2..5]);
        }
    }

    [Fact]
    public void Without_positions_there_is_nothing_to_hide()
    {
        using var method = new Rise();
        var failure = Assert.Throws<ArgumentException>(() => new Linear([6]).Explain(method));
        Assert.Contains("have no positions to hide", failure.Message, StringComparison.Ordinal);
    }
}
