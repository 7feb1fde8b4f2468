using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public class TokenGridTests
{
    [Theory]
    [InlineData(196, 224, 224, 14, 14)]
    [InlineData(197, 224, 224, 14, 14)]
    [InlineData(201, 224, 224, 14, 14)]
    [InlineData(50, 224, 224, 7, 7)]
    [InlineData(99, 112, 224, 7, 14)]
    [InlineData(225, 224, 224, 15, 15)]
    [InlineData(195, 25, 30, 13, 15)]
    [InlineData(180, 25, 30, 12, 15)]
    public void Tokens_of_vision_transformers_lie_in_a_grid(long tokens, long height, long width, long rows, long columns)
        => Assert.Equal((rows, columns), TokenGrid.Of(tokens, [height, width]));

    [Theory]
    [InlineData(250)]
    [InlineData(768)]
    public void Other_numbers_of_tokens_lie_in_none(long tokens) => Assert.Null(TokenGrid.Of(tokens, [224, 224]));

    [Fact]
    public void Both_orders_of_dimensions_give_the_same_picture_without_leading_tokens()
    {
        using var scope = NewDisposeScope();
        var picture = arange(2 * 5 * 6, dtype: float32).view(2, 5, 2, 3);
        var line = cat([zeros(2, 5, 1), picture.flatten(2)], 2);
        Assert.Equal(picture.data<float>().ToArray(), TokenGrid.ToPicture(line, 1, [4, 6]).contiguous().data<float>().ToArray());
        Assert.Equal(picture.data<float>().ToArray(), TokenGrid.ToPicture(line.transpose(1, 2), 2, [4, 6]).contiguous().data<float>().ToArray());
    }
}
