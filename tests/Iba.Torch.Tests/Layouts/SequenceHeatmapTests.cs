using CsCheck;

namespace Iba.Torch.Tests;

public class SequenceHeatmapTests
{
    [Fact]
    public void With_one_position_for_each_value_the_bits_are_the_positions_own()
        => Assert.Equal([1f, 2f, 3f], SequenceHeatmap.Of([1, 2, 3, 0, 0], [true, true, true, false, false], 3));

    [Fact]
    public void What_was_cut_off_gets_no_bits()
        => Assert.Equal([1f, 2f, 0f, 0f], SequenceHeatmap.Of([1, 2], [true, true], 4));

    [Fact]
    public void Values_that_a_mask_leaves_out_inside_a_coarse_position_get_no_bits()
    {
        float[] map = SequenceHeatmap.Of([8, 4], [true, false, true, true], 4);

        Assert.Equal(0, map[1]);
        Assert.Equal(12, map.Sum(), 1e-5);
    }

    [Fact]
    public void A_row_has_the_same_map_alone_and_padded_and_no_bit_is_lost()
    {
        var rows = from positions in Gen.Int[1, 6]
                   from each in Gen.Int[1, 4]
                   from missing in Gen.Int[0, each - 1]
                   from padding in Gen.Int[0, 3]
                   from bits in Gen.Float[0, 100].Array[positions]
                   select (bits, each, values: (positions * each) - missing, padding);
        rows.Sample(row =>
        {
            float[] alone = SequenceHeatmap.Of(row.bits, Exists(row.bits.Length), row.values);
            float[] padded = SequenceHeatmap.Of([.. row.bits, .. new float[row.padding]], Exists(row.bits.Length + row.padding), row.values);

            Assert.Equal(alone, padded);
            Assert.Equal(row.bits.Sum(), alone.Sum(), 1e-3);

            bool[] Exists(int positions) => Enumerable.Range(0, positions * row.each).Select(i => i < row.values).ToArray();
        });
    }
}
