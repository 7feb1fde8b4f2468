using CsCheck;

namespace Iba.Torch.Tests;

public class ChannelGuessTests
{
    [Theory]
    [InlineData(new long[] { 3, 8, 41 }, 1, 1)] // Sizes alone would say 2.
    [InlineData(new long[] { 3, 8, 10, 14 }, 1, 1)]
    [InlineData(new long[] { 3, 8, 8, 5 }, 1, 1)]
    [InlineData(new long[] { 3, 8, 8, 5 }, -1, 3)]
    [InlineData(new long[] { 3, 49, 64 }, -1, 2)]
    public void What_the_operators_say_comes_before_sizes(long[] features, int told, int expected)
        => Assert.Equal(new ChannelGuess(expected, true), ChannelGuess.Of(features, told, [-1], false, false, [40, 56]));

    private static readonly Gen<int> Side = Gen.Int[8, 64], Stride = Gen.Int[1, 8], Channels = Gen.Int[1, 600];

    private static ChannelGuess OfPicture(long[] row, long[] size, bool channelsLast = false)
        => ChannelGuess.Of([8, .. row], null, [-1], false, channelsLast, size);

    private static ChannelGuess OfSequence(long[] features, long[] declared, bool isDiscrete, long length, bool channelsLast = false)
        => ChannelGuess.Of(features, null, declared, isDiscrete, channelsLast, [length]);

    [Theory]
    [InlineData(2, 12, new long[] { 8, 12, 384 }, new long[] { -1 })] // BERT: tokens first
    [InlineData(1, 12, new long[] { 8, 4, 12 }, new long[] { -1 })] // convolutions: 4 channels, as many positions as tokens
    [InlineData(2, 2048, new long[] { 8, 512, 256 }, new long[] { -1 })] // Magika: 4 bytes share a position
    [InlineData(1, 2048, new long[] { 8, 100, 512 }, new long[] { -1 })]
    [InlineData(1, 12, new long[] { 8, 64, 10 }, new long[] { -1, 64, -1 })] // no padding: two positions fewer than tokens
    [InlineData(2, 12, new long[] { 8, 12, 12 }, new long[] { -1, -1, 12 })]
    [InlineData(1, 12, new long[] { 8, 12, 12 }, new long[] { -1, 12, -1 })]
    [InlineData(1, 12, new long[] { 8, 300 }, new long[] { -1, 300 })]
    public void The_channels_of_a_layer_over_a_sequence_are_told_from_its_shape(int expected, long length, long[] features, long[] declared)
        => Assert.Equal(new ChannelGuess(expected, true), OfSequence(features, declared, true, length));

    [Theory]
    [InlineData(0, new long[] { 784 })]
    [InlineData(1, new long[] { 3, 224, 224 })]
    [InlineData(1, new long[] { 1, 28, 28 })]
    [InlineData(1, new long[] { 3, 24, 3 })]
    [InlineData(1, new long[] { 4, 4, 4 })]
    [InlineData(1, new long[] { 13, 64, 64 })]
    [InlineData(1, new long[] { 512, 14, 7 })]
    [InlineData(3, new long[] { 28, 28, 1 })]
    [InlineData(3, new long[] { 24, 30, 3 })]
    [InlineData(1, new long[] { 1, 8, 16, 16 })]
    [InlineData(4, new long[] { 8, 16, 16, 1 })]
    public void The_channels_of_rows_are_told_from_their_shape(int expected, long[] row) => Assert.Equal(expected, ChannelGuess.OfInput(row, []));

    [Theory]
    [InlineData(3, new long[] { -1, -1, -1, 8 })]
    [InlineData(1, new long[] { -1, 8, -1, -1 })]
    public void Dimensions_that_the_network_leaves_open_are_positions(int expected, long[] declared)
        => Assert.Equal(expected, ChannelGuess.OfInput([8, 8, 8], declared));

    [Theory]
    [InlineData(1, false, 128, new long[] { 8, 128, 64 })] // as many channels as positions of the signal, or transposed
    [InlineData(1, false, 128, new long[] { 8, 128, 126 })]
    [InlineData(1, true, 128, new long[] { 8, 64, 128 })]
    [InlineData(2, true, 128, new long[] { 8, 128, 256 })] // more than the signal's positions
    [InlineData(1, true, 128, new long[] { 8, 256, 64 })]
    public void As_many_channels_as_positions_of_a_signal_are_told_by_habit(int expected, bool isSure, long length, long[] features)
        => Assert.Equal(new ChannelGuess(expected, isSure), OfSequence(features, [-1], false, length));

    // Rows of [C, H, W] or [H, W, C], and the layer over them.
    [Theory]
    [InlineData(3, true, new long[] { 24, 24, 4 }, new long[] { 11, 11, 8 })]
    [InlineData(3, true, new long[] { 24, 30, 4 }, new long[] { 12, 15, 8 })]
    [InlineData(3, true, new long[] { 64, 64, 13 }, new long[] { 32, 30, 30 })] // channels first inside
    [InlineData(1, true, new long[] { 6, 30, 4 }, new long[] { 8, 30, 4 })]
    [InlineData(1, true, new long[] { 12, 100, 2 }, new long[] { 32, 50, 1 })]
    [InlineData(1, true, new long[] { 5, 16, 4 }, new long[] { 7, 16, 4 })]
    [InlineData(1, true, new long[] { 32, 32, 20 }, new long[] { 8, 32, 20 })]
    [InlineData(1, false, new long[] { 8, 8, 4 }, new long[] { 8, 8, 4 })] // fits both ways
    [InlineData(1, true, new long[] { 3, 24, 4 }, new long[] { 8, 24, 4 })]
    [InlineData(3, true, new long[] { 24, 24, 3 }, new long[] { 16, 12, 12 })]
    public void The_channels_of_pictures_are_told_by_the_layer(int expected, bool isSure, long[] row, long[] features)
        => Assert.Equal(new ChannelGuess(expected, isSure), ChannelGuess.OfInput(row, [-1, .. row], [8, .. features], null));

    // Rows of [C, D, H, W] or [D, H, W, C], or of [D, H, W] to which the network adds channels, and the layer over them.
    [Theory]
    [InlineData(1, true, new long[] { 1, 8, 16, 16 }, new long[] { 4, 4, 8, 8 })]
    [InlineData(4, true, new long[] { 8, 16, 16, 1 }, new long[] { 4, 4, 8, 8 })] // channels first inside
    [InlineData(4, true, new long[] { 8, 16, 16, 2 }, new long[] { 4, 8, 8, 6 })]
    [InlineData(1, true, new long[] { 2, 20, 24, 30 }, new long[] { 8, 10, 12, 15 })]
    [InlineData(1, false, new long[] { 8, 8, 8, 8 }, new long[] { 8, 4, 4, 4 })]
    [InlineData(0, true, new long[] { 8, 16, 16 }, new long[] { 4, 4, 8, 8 })]
    public void The_channels_of_volumes_are_told_by_the_layer(int expected, bool isSure, long[] row, long[] features)
        => Assert.Equal(new ChannelGuess(expected, isSure), ChannelGuess.OfInput(row, [-1, .. row], [8, .. features], null));

    [Theory]
    [InlineData(1, new long[] { 4, 4, 8, 8 }, false)]
    [InlineData(4, new long[] { 4, 8, 8, 6 }, true)]
    [InlineData(4, new long[] { 4, 8, 8, 6 }, false)]
    [InlineData(1, new long[] { 6, 4, 8, 8 }, true)]
    public void The_channels_of_a_layer_over_a_volume_are_beside_its_positions(int expected, long[] features, bool channelsLast)
        => Assert.Equal(new ChannelGuess(expected, true), ChannelGuess.Of([8, .. features], null, [-1], false, channelsLast, [8, 16, 16]));

    // Rows of [T, F] or [C, L], and the layer over them.
    [Theory]
    [InlineData(2, true, new long[] { 20, 4 }, new long[] { 20, 8 })] // a recurrent layer
    [InlineData(2, true, new long[] { 20, 4 }, new long[] { 8, 20 })] // a convolution, its channels first
    [InlineData(2, true, new long[] { 128, 9 }, new long[] { 64, 126 })]
    [InlineData(1, true, new long[] { 4, 20 }, new long[] { 8, 20 })]
    [InlineData(1, true, new long[] { 9, 128 }, new long[] { 50, 126 })]
    [InlineData(1, true, new long[] { 64, 32 }, new long[] { 128, 32 })]
    [InlineData(1, true, new long[] { 3, 1000 }, new long[] { 64, 250 })]
    [InlineData(2, false, new long[] { 64, 32 }, new long[] { 64, 32 })]
    [InlineData(1, false, new long[] { 16, 64 }, new long[] { 32, 16 })]
    [InlineData(0, true, new long[] { 28, 28 }, new long[] { 32, 13, 13 })]
    [InlineData(0, true, new long[] { 28, 28 }, new long[] { 1, 28, 28 })]
    [InlineData(0, true, new long[] { 28, 28 }, new long[] { 28, 28, 1 })]
    [InlineData(0, true, new long[] { 28, 28 }, new long[] { 64, 1, 1 })]
    [InlineData(1, true, new long[] { 20, 4 }, new long[] { 4, 1, 18 })]
    [InlineData(1, true, new long[] { 20, 4 }, new long[] { 8, 18, 1 })]
    [InlineData(0, false, new long[] { 28, 28 }, new long[] { 128 })]
    [InlineData(2, false, new long[] { 20, 4 }, new long[] { 128 })]
    public void The_channels_of_rows_of_two_dimensions_are_told_by_the_layer(
        int expected, bool isSure, long[] row, long[] features)
        => Assert.Equal(new ChannelGuess(expected, isSure), ChannelGuess.OfInput(row, [-1, .. row], [8, .. features], null));

    [Theory]
    [InlineData(1, new long[] { -1, 20, -1 })]
    [InlineData(2, new long[] { -1, -1, 12 })]
    public void The_length_that_the_network_leaves_open_is_that_of_a_sequence(int expected, long[] declared)
        => Assert.Equal(new ChannelGuess(expected, true), ChannelGuess.OfInput([20, 12], declared, [8, 20, 12], null));

    [Theory]
    [InlineData(1, false, 1000, 64, 998)] // a convolution without padding
    [InlineData(1, false, 1024, 64, 256)]
    [InlineData(1, false, 16, 8, 16)]
    [InlineData(2, false, 16, 8, 512)] // a transformer: 512 is more than there are positions
    [InlineData(2, true, 20, 20, 8)]
    [InlineData(1, true, 20, 8, 20)]
    [InlineData(2, true, 20, 9, 64)]
    public void The_channels_of_a_layer_over_a_signal_are_told_from_its_shape(int expected, bool channelsLast, long length, long first, long second)
        => Assert.Equal(new ChannelGuess(expected, true), OfSequence([8, first, second], [-1], false, length, channelsLast));

    [Theory]
    [InlineData(true, false, 2)]
    [InlineData(false, false, 1)]
    [InlineData(false, true, 2)]
    public void Where_both_dimensions_are_as_long_as_the_sequence_habit_decides_and_says_so(bool ids, bool channelsLast, int expected)
        => Assert.Equal(new ChannelGuess(expected, false), OfSequence([8, 12, 12], [-1], ids, 12, channelsLast));

    [Theory]
    [InlineData(1, new long[] { 40, 28, 28 })]
    [InlineData(3, new long[] { 56, 56, 96 })]
    [InlineData(1, new long[] { 512, 1, 1 })]
    [InlineData(3, new long[] { 1, 1, 512 })]
    [InlineData(2, new long[] { 197, 768 })]
    [InlineData(1, new long[] { 512 })]
    public void The_channels_of_a_layer_over_a_picture_are_told_from_its_shape(int expected, long[] row)
        => Assert.Equal(new ChannelGuess(expected, true), OfPicture(row, [224, 224]));

    // Positions are the picture's by the stride, rounded up or down; how many channels there are does not matter.
    [Fact]
    public void The_channels_of_a_layer_over_an_odd_or_rectangular_picture_are_found()
        => Gen.Select(Side, Side, Stride, Channels, Gen.Bool, Gen.Bool).Sample((height, width, stride, channels, up, last) =>
        {
            int by = up ? stride - 1 : 0;
            long rows = (height + by) / stride, columns = (width + by) / stride;
            var guess = OfPicture(last ? [rows, columns, channels] : [channels, rows, columns], [height, width]);
            Assert.True(!guess.IsSure || guess.Dimension == (last ? 3 : 1), $"{guess}");
        }, iter: 5000);

    // Convolutions without padding take a margin off.
    [Fact]
    public void The_channels_are_found_where_a_margin_is_lost()
        => Gen.Select(Gen.Int[32, 96], Gen.Int[1, 6], Gen.Int[1, 120], Gen.Bool).Sample((side, margin, channels, last) =>
        {
            long rows = side - margin;
            var guess = OfPicture(last ? [rows, rows, channels] : [channels, rows, rows], [side, side]);
            // Sure is right, and what is not sure has about as many channels as rows.
            if (guess.IsSure) Assert.Equal(last ? 3 : 1, guess.Dimension);
            else Assert.InRange(channels, rows - 6, rows + 6);
        }, iter: 5000);

    [Theory]
    [InlineData(false, 1, new long[] { 6, 9, 14 })]
    [InlineData(true, 3, new long[] { 9, 14, 6 })]
    public void Strides_that_differ_leave_it_to_habit(bool channelsLast, int expected, long[] row)
        => Assert.Equal(expected, OfPicture(row, [17, 40], channelsLast).Dimension);

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public void A_cube_over_a_square_picture_is_read_as_the_picture_and_says_so(bool channelsLast, int expected)
    {
        Assert.Equal(new ChannelGuess(expected, false), OfPicture([12, 12, 12], [24, 24], channelsLast));
        // What varies with the picture is no channel.
        Assert.Equal(new ChannelGuess(3, true), ChannelGuess.Of([8, 12, 12, 12], null, [-1, -1, -1, 12], false, channelsLast, [24, 24]));
        Assert.Equal(new ChannelGuess(1, true), ChannelGuess.Of([8, 12, 12, 12], null, [-1, 12, -1, -1], false, channelsLast, [24, 24]));
    }

    [Theory]
    [InlineData(1, true, 13, 36)] // 6 x 6 positions, not 4 tokens before 3 x 3 patches
    [InlineData(1, true, 8, 36)]
    [InlineData(2, true, 36, 8)]
    [InlineData(2, false, 37, 64)] // a class token
    [InlineData(2, false, 36, 16)]
    [InlineData(2, true, 40, 24)]
    public void Positions_flattened_from_a_picture_are_told_from_patches(int expected, bool isSure, long first, long second)
        => Assert.Equal(new ChannelGuess(expected, isSure), OfPicture([first, second], [24, 24]));

    [Theory]
    [InlineData(197, 1024)] // ViT-L
    [InlineData(261, 1024)] // with registers
    public void Large_vision_transformers_stay_tokens(long tokens, long features)
        => Assert.Equal(2, OfPicture([tokens, features], [224, 224]).Dimension);
}
