namespace Iba.Reports.Tests;

public class ByteListingTests
{
    [Fact]
    public void Lines_say_how_many_bytes_lie_before_them_that_are_not_shown()
    {
        ByteBits[] bytes = [new(20, 1, 1), new(40, 1, 3), new(50, 1, 2)];

        Assert.Equal([(0, 16), (19, 32), (9, 48)], Lines(bytes, 3));
        Assert.Equal([(20, 32), (9, 48)], Lines(bytes, 2)); // The weakest line goes, its byte at 20 and the 19 after it.
        Assert.Empty(Lines(bytes, 0));
        Assert.Empty(Lines([], 3));
    }

    [Fact]
    public void The_scale_is_the_strongest_bytes()
    {
        var scale = new ByteListing([new(0, 1, 1), new(1, 1, 4)]).Scale;
        Assert.Equal((4, 16, 8), (scale.Maximum, scale.Level(4), scale.Level(1)));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(3, 3)]
    [InlineData(3, 2)]
    public void Bytes_out_of_order_are_refused(long first, long second)
    {
        var exception = Assert.Throws<ArgumentException>(() => new ByteListing([new(first, 0, 0), new(second, 0, 0)]));
        Assert.Equal("bytes", exception.ParamName);
        Assert.Contains(first < 0 ? "Byte 0 has the offset -1, but 0 is" : $"Byte 1 has the offset {second}, but 4 is", exception.Message);
    }

    private static IEnumerable<(long Skipped, long Offset)> Lines(ByteBits[] bytes, int maximum)
        => new ByteListing(bytes).Lines(maximum).Select(line => (line.Skipped, line.Line.Offset));
}
