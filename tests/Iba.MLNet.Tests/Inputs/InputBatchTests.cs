using Iba.Torch;
using TorchSharp;

namespace Iba.MLNet.Tests;

public class InputBatchTests
{
    private static readonly InputRow[] Rows = [Row(5, 6, 7), Row(8), Row(1, 2, 3, 4, 5, 6)];

    [Fact]
    public void Rows_are_padded_to_the_longest_and_the_mask_says_where()
    {
        using var batch = Create(Rows, Layout(), Inputs(-1));

        Assert.Equal([3, 6], batch.Inputs[0].shape);
        Assert.Equal([5, 6, 7, 0, 0, 0, 8, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6], Values(batch.Inputs[0]));
        Assert.Equal([1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1], Values(batch.Inputs[1]));
        Assert.Equal([3, 6], batch.Exists!.shape);
    }

    [Fact]
    public void A_length_that_the_network_declares_is_filled_up()
    {
        using var batch = Create(Rows, Layout(maximumLength: 4), Inputs(8));

        Assert.Equal([3, 8], batch.Inputs[0].shape);
        Assert.Equal([1, 2, 3, 4, 0, 0, 0, 0], Values(batch.Inputs[0])[16..]);
        Assert.Equal([1, 1, 1, 1, 0, 0, 0, 0], Values(batch.Inputs[1])[16..]);
    }

    [Fact]
    public void The_padding_id_fills_the_explained_input_alone()
    {
        var layout = Layout() with { PaddingId = 19 };
        using var batch = Create(Rows, layout, Inputs(8));

        Assert.Equal([5, 6, 7, 19, 19, 19, 19, 19, 8, 19, 19, 19, 19, 19, 19, 19, 1, 2, 3, 4, 5, 6, 19, 19], Values(batch.Inputs[0]));
        Assert.Equal([1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0], Values(batch.Inputs[1]));
        Assert.Equal([3, 1, 6], batch.Lengths);
    }

    [Fact]
    public void Rows_of_different_lengths_stay_apart_where_the_network_minds_padding()
    {
        InputRow[] rows = [.. Rows, Row(9, 9, 9)];
        Assert.Equal([[0, 1, 2, 3]], InputBatch.Group(rows, Layout()));
        Assert.Equal([[0, 3], [1], [2]], InputBatch.Group(rows, Layout() with { SharesLengths = false }));
    }

    [Fact]
    public void A_number_too_large_for_the_network_does_not_become_another_one()
    {
        NetworkInput[] narrow = [new("ids", torch.ScalarType.Int32, [-1, -1]), new("mask", torch.ScalarType.Int32, [-1, -1])];
        InputRow[] rows = [Row(1), Row((1L << 32) + 7)];

        var error = Assert.Throws<InvalidDataException>(() => Create(rows, Layout(), narrow));

        Assert.Contains("input 'ids' is Int32, which cannot hold 4294967303", error.Message);
    }

    private static InputBatch Create(InputRow[] rows, InputLayout layout, NetworkInput[] inputs)
        => InputBatch.Create(rows, Assert.Single(InputBatch.Group(rows, layout)), layout, inputs, torch.CPU);

    private static InputLayout Layout(int maximumLength = 0) => new(
        [new InputColumn("ids", "Ids", InputKind.Integers, [-1]), new InputColumn("mask", null, InputKind.PaddingMask, [-1])],
        Explained: 0, Mask: 1, maximumLength, Preprocessing: null);

    private static NetworkInput[] Inputs(long length)
        => [new("ids", torch.ScalarType.Int64, [-1, length]), new("mask", torch.ScalarType.Int64, [-1, length])];

    private static InputRow Row(params long[] ids) => new(new RowIdentity(0, null), [new InputValue(ids, [ids.Length]), null], null);

    private static long[] Values(torch.Tensor tensor) => tensor.data<long>().ToArray();
}
