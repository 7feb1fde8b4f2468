using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class ReadoutPositionsTests
{
    [Fact]
    public void Values_lie_linearly_between_the_centres_of_those_that_there_are()
    {
        using var scope = NewDisposeScope();
        var grid = tensor(new[] { 0f, 2, 1, 3 }, [1, 1, 2, 2]);
        // Half-pixel centres: between two rows at 1/4 and 3/4.
        Assert.Equal([0f, 2, 0.25f, 2.25f, 0.75f, 2.75f, 1, 3], ReadoutPositions.Resize(grid, [4, 2]).flatten().data<float>().ToArray());
        Assert.Equal(Enumerable.Repeat(2f, 8), ReadoutPositions.Resize(tensor(new[] { 2f }, [1, 1]), [4, 2]).flatten().data<float>().ToArray());
        Assert.Equal([1, 1, 4, 2], ReadoutPositions.Resize(tensor(new[] { 2f }, [1, 1]), [4, 2]).shape);
    }

    [Fact]
    public void Positions_are_counted_over_all_dimensions()
    {
        using var scope = NewDisposeScope();
        Assert.True(ReadoutPositions.AreMore(zeros(1, 5, 4, 3), [2, 5]));
        Assert.False(ReadoutPositions.AreMore(zeros(1, 50, 2, 5), [2, 5]));
        Assert.False(ReadoutPositions.AreMore(zeros(1, 50), [1]));
    }
}
