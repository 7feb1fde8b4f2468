using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class InsertionDeletionTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly LinearRows _linear = new();

    public void Dispose()
    {
        _linear.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void The_ends_do_not_depend_on_the_map()
    {
        var metric = new InsertionDeletion();
        var first = metric.Measure(_linear.Rows, _linear.Truth);
        var second = metric.Measure(_linear.Rows, Toy.Random([3, 6, 6], seed: 5));
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal([0, 6, 12, 18, 24, 30, 36], first[row].Counts);
            foreach (int end in (int[])[0, 6])
            {
                Assert.Equal(first[row].Insertion[end], second[row].Insertion[end], 1e-6);
                Assert.Equal(first[row].Deletion[end], second[row].Deletion[end], 1e-6);
            }

            Assert.Equal(_linear.Rows.Probabilities[row], first[row].Insertion[^1], 1e-6);
            Assert.Equal(_linear.Rows.Probabilities[row], first[row].Deletion[0], 1e-6);
        }
    }

    [Fact]
    public void Insertion_is_the_deletion_of_the_reversed_map_backwards()
    {
        var metric = new InsertionDeletion { InsertInto = PixelFill.ChannelMean, PixelsPerStep = 4 };
        var found = metric.Measure(_linear.Rows, _linear.Truth);
        var reversed = metric.Measure(_linear.Rows, -_linear.Truth);
        for (int row = 0; row < 3; row++)
        {
            for (int point = 0; point < 10; point++) Assert.Equal(found[row].Insertion[point], reversed[row].Deletion[9 - point], 1e-6);
            Assert.True(found[row].InsertionArea > found[row].DeletionArea + 0.05);
        }
    }

    [Fact]
    public void The_last_step_may_be_shorter()
    {
        var found = new InsertionDeletion { PixelsPerStep = 25 }.Measure(_linear.Rows, _linear.Truth)[0];
        Assert.Equal([0, 25, 36], found.Counts);
        double area = ((25 * (found.Deletion[0] + found.Deletion[1])) + (11 * (found.Deletion[1] + found.Deletion[2]))) / 72;
        Assert.Equal(area, found.DeletionArea, 1e-12);
        Assert.Equal([0, 36], new InsertionDeletion { PixelsPerStep = int.MaxValue }.Measure(_linear.Rows, _linear.Truth)[0].Counts);
    }

    [Fact]
    public void A_replacement_that_the_inputs_type_cannot_hold_is_refused()
    {
        using var module = nn.Sequential(("bytes", new Bytes()));
        using var network = new ModuleNetwork(module, [4], OutputKind.Logits, inputType: ScalarType.Byte);
        using var rows = new EvaluationRows(network, [tensor(new byte[] { 1, 2, 3, 4 }).view(1, 4)], new AttributionRequest { ChannelDimension = 0 });
        Assert.Equal(5, new TokenInsertionDeletion(255).Measure(rows, ones(1, 4))[0].Counts.Count);
        var refusal = Assert.Throws<ArgumentException>(() => new TokenInsertionDeletion(300).Measure(rows, ones(1, 4)));
        Assert.StartsWith("The explained input is Byte, which cannot hold the replacement 300.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_positions_of_the_mask_change()
    {
        var mask = zeros([3, 6, 6], ScalarType.Bool);
        mask.narrow(1, 0, 2).fill_(true);
        mask[2] = tensor(false);
        using var rows = new EvaluationRows(_linear.Network, [_linear.Inputs], new AttributionRequest { Target = ExplanationTarget.Class(1), Mask = mask });
        var found = new InsertionDeletion { InsertInto = PixelFill.Zero, DeleteTo = PixelFill.Zero, PixelsPerStep = 6 }.Measure(rows, _linear.Truth);
        Assert.Equal([0, 6, 12], found[0].Counts);
        // Without its first two rows, the picture keeps the rest.
        var kept = _linear.Inputs[..1].clone();
        kept.narrow(2, 0, 2).zero_();
        using var expected = _linear.Ask(kept);
        Assert.Equal(expected.Probabilities[0], found[0].Deletion[^1], 1e-6);
        Assert.Equal(expected.Probabilities[0], found[0].Insertion[0], 1e-6);
        Assert.True(double.IsNaN(found[2].InsertionArea));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var step = Assert.Throws<ArgumentException>(() => new InsertionDeletion { PixelsPerStep = 0 }.Measure(_linear.Rows, _linear.Truth));
        Assert.Equal("PixelsPerStep is 0; allowed: at least 1, or null.", step.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new InsertionDeletion { DeleteTo = (PixelFill)9 }.Measure(_linear.Rows, _linear.Truth));
        Assert.Throws<ArgumentException>(() => new InsertionDeletion().Measure(_linear.Rows, zeros([3, 6, 6], ScalarType.Int64)));
        var tokens = Assert.Throws<ArgumentException>(() => new TokenInsertionDeletion(0).Measure(_linear.Rows, _linear.Truth));
        Assert.StartsWith("The explained input is Float32, no token ids", tokens.Message, StringComparison.Ordinal);
        Assert.Equal("replacement", Assert.Throws<ArgumentOutOfRangeException>(() => new TokenInsertionDeletion(-1)).ParamName);
        Assert.Equal("tokensPerStep", Assert.Throws<ArgumentOutOfRangeException>(() => new TokenInsertionDeletion(0, 0)).ParamName);
    }

    /// <summary>Two logits out of the bytes themselves.</summary>
    private sealed class Bytes() : TorchSharp.torch.nn.Module<Tensor, Tensor>("bytes")
    {
        public override Tensor forward(Tensor input) => input.to(ScalarType.Float32).narrow(1, 0, 2) / 255;
    }
}
