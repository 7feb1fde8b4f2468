using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class ReadoutScaleTests
{
    [Fact]
    public void Channels_get_mean_0_and_deviation_1_and_at_most_the_size_of_the_bottleneck()
    {
        using var scope = NewDisposeScope();
        using var scale = Scale(([2, 1, 1], 1, [1, 10], [2, 5]), ([1], 1, [3], [0.5f]));
        var grid = tensor(new[] { 1f, 5, 3, 7, 10, 10, 10, 10 }, [1, 2, 2, 2]); // standardised: 0, 2, 1, 3 and 0
        var single = tensor(new[] { 4f }, [1, 1]); // standardised: 2
        var read = scale.Apply([grid, single], [4, 2], padded: false);
        Assert.Equal([[1L, 2, 2, 2], [1, 1]], read.Select(layer => layer.shape));
        Assert.Equal([0f, 2, 1, 3, 0, 0, 0, 0], read[0].flatten().data<float>().ToArray());
        Assert.Equal([2f], read[1].flatten().data<float>().ToArray());

        // Two rows become one, halfway between them.
        Assert.Equal([0.5f, 2.5f, 0, 0], scale.Apply([grid, single], [1, 2], padded: false)[0].flatten().data<float>().ToArray());
    }

    [Fact]
    public void Channels_may_be_last_and_one_that_does_not_vary_is_not_blown_up()
    {
        using var scope = NewDisposeScope();
        using var scale = Scale(([1, 2], 2, [1, 0], [1, 0]));
        var tokens = tensor(new[] { 1f, 0.01f, 2, 0, 3, 0 }, [1, 3, 2]);
        Assert.Equal([0f, 1, 2, 1, 0, 0], scale.Apply([tokens], [3], padded: true)[0].flatten().data<float>().ToArray().Select(value => MathF.Round(value, 4)));
    }

    [Fact]
    public void What_cannot_be_brought_together_is_refused()
    {
        using var scope = NewDisposeScope();
        using var scale = Scale(([2, 1], 1, [0, 0], [1, 1]));
        Assert.Contains("2 channels in dimension 1", Assert.Throws<ArgumentException>(() => scale.Apply([zeros(1, 3, 4)], [4], false)).Message);
        Assert.Contains("as many dimensions", Assert.Throws<ArgumentException>(() => scale.Apply([zeros(1, 2, 4)], [4, 4], false)).Message);
        Assert.Contains("padding", Assert.Throws<ArgumentException>(() => scale.Apply([zeros(1, 2, 4)], [8], true)).Message);
    }

    private static ReadoutScale Scale(params (long[] Shape, int Channels, float[] Mean, float[] Std)[] layers)
        => new([.. layers.Select(layer => new LayerStatistics(
            tensor(layer.Mean, layer.Shape), tensor(layer.Std, layer.Shape), ones(layer.Shape, ScalarType.Bool), 2, perChannel: true, layer.Channels))]);
}
