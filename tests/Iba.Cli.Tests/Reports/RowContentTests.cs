using Iba.Jobs;
using Iba.Reports;

namespace Iba.Cli.Tests;

public class RowContentTests
{
    [Fact]
    public void Numbers_are_words_of_a_text()
    {
        var content = RowContent.OfNumbers([101, 7, 102], Row([1, 2, 3], 3));

        Assert.Equal("101 7 102", content.Text);
        Assert.Equal([new TextBits(0, 3, 1), new TextBits(4, 1, 2), new TextBits(6, 3, 3)], content.Words);
    }

    [Fact]
    public void Bytes_are_where_they_stand_and_padding_is_left_out()
    {
        // A layer with a position for every two bytes.
        var content = RowContent.OfBytes([65, 66, 67, 256, 256, 255], Row([4, 2, 6], 6));

        Assert.Equal([(0, 65), (1, 66), (2, 67), (5, 255)], content.Bytes.Select(value => ((int)value.Offset, (int)value.Value)));
        Assert.Equal(12, content.Bytes.Sum(value => value.Bits) + content.Elsewhere, 1e-4);
        Assert.True(content.Elsewhere > 1);
    }

    [Fact]
    public void Values_that_were_cut_off_have_no_bits()
        => Assert.Equal([1, 2, 0], RowContent.OfNumbers([5, 6, 7], Row([1, 2], 2)).Words.Select(word => word.Bits));

    private static JobRow Row(float[] bits, int length) => new() { Row = 0, Uri = "rows.parquet#0", Bits = bits.Sum(), Heatmap = bits, MapShape = [bits.Length], InputShape = [length] };
}
