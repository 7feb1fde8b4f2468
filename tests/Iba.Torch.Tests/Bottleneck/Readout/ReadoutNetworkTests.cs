using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class ReadoutNetworkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void It_is_three_convolutions_with_ReLU_between(int channelDimension)
    {
        using var scope = NewDisposeScope();
        using var network = ReadoutNetwork.Create(channelsIn: 6, channelsOut: 4, initialAlpha: 5, seed: 1);
        Assert.Equal([[3L, 6], [3], [8, 3], [8], [4, 8], [4]], network.Parameters.Select(parameter => parameter.shape));
        foreach (var parameter in network.Parameters) parameter.add_(Toy.Random(parameter.shape, seed: (int)parameter.numel()));
        var read = Toy.Random([2, 6, 5, 3]);
        var values = read;
        for (int layer = 0; layer < 3; layer++)
        {
            values = nn.functional.conv2d(values, network.Parameters[2 * layer].unsqueeze(2).unsqueeze(3), network.Parameters[(2 * layer) + 1]);
            if (layer < 2) values = values.relu();
        }

        var alpha = ReadoutNetwork.Alpha(network.Parameters, [read.narrow(1, 0, 2), read.narrow(1, 2, 4)], [5, 3], channelDimension);
        Toy.AssertClose(values.movedim([1], [channelDimension]), alpha);
    }

    [Theory]
    [InlineData(new long[] { 6 })]
    [InlineData(new long[] { 6, 4 })]
    [InlineData(new long[] { 6, 4, 2 })]
    public void Layers_of_fewer_positions_count_as_if_they_were_resized_first(long[] positions)
    {
        using var scope = NewDisposeScope();
        using var network = ReadoutNetwork.Create(channelsIn: 6, channelsOut: 4, initialAlpha: 5, seed: 1);
        foreach (var parameter in network.Parameters) parameter.add_(Toy.Random(parameter.shape, seed: (int)parameter.numel()));
        var (whole, coarse, single) = (Toy.Random([2, 3, .. positions]), Toy.Random([2, 2, .. positions.Select(size => size / 2)], seed: 2), Toy.Random([2, 1], seed: 3));
        var resized = cat([whole, ReadoutPositions.Resize(coarse, positions), ReadoutPositions.Resize(single, positions)], 1);
        Toy.AssertClose(ReadoutNetwork.Alpha(network.Parameters, [resized], positions, 1), ReadoutNetwork.Alpha(network.Parameters, [whole, coarse, single], positions, 1));
    }

    [Fact]
    public void At_the_start_nearly_everything_passes_and_the_seed_decides()
    {
        using var scope = NewDisposeScope();
        using var network = ReadoutNetwork.Create(20, 8, initialAlpha: 5, seed: 1);
        using var same = ReadoutNetwork.Create(20, 8, initialAlpha: 5, seed: 1);
        using var other = ReadoutNetwork.Create(20, 8, initialAlpha: 5, seed: 2);
        var read = Toy.Random([1, 20, 30]);
        var alpha = ReadoutNetwork.Alpha(network.Parameters, [read], [30], 1);
        Assert.InRange((alpha - 5).abs().max().item<float>(), 1e-6f, 0.3f);
        Assert.Equal(alpha, ReadoutNetwork.Alpha(same.Parameters, [read], [30], 1));
        Assert.NotEqual(alpha, ReadoutNetwork.Alpha(other.Parameters, [read], [30], 1));
    }

    [Theory]
    [InlineData(float.NaN, "NaN or infinite")]
    [InlineData(float.PositiveInfinity, "NaN or infinite")]
    public void Weights_that_are_no_numbers_are_refused(float value, string said)
    {
        using var scope = NewDisposeScope();
        using var network = ReadoutNetwork.Create(4, 2, 5, seed: 1);
        network.Parameters[2][0, 0] = value;
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true)) network.Save(writer);
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        Assert.Contains(said, Assert.Throws<InvalidDataException>(() => ReadoutNetwork.Load(reader)).Message);
    }

    [Fact]
    public void Shapes_that_do_not_fit_together_are_refused()
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            foreach (long[] shape in (long[][])[[3, 6], [3], [8, 4], [8], [4, 8], [4]]) ReadoutTensor.Write(writer, zeros(shape));
        }

        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        Assert.Contains("do not fit together", Assert.Throws<InvalidDataException>(() => ReadoutNetwork.Load(reader)).Message);
    }
}
