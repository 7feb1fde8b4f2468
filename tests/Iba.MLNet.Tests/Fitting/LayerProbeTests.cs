namespace Iba.MLNet.Tests.Fitting;

public class LayerProbeTests
{
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
        => Assert.Equal(expected, LayerProbe.ChannelDimension(features, declared, InputKind.Integers, [length]));
}
