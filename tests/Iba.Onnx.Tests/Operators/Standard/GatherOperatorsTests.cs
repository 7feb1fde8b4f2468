using CsCheck;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class GatherOperatorsTests
{
    [Fact]
    public void Negative_indices_count_from_the_end_and_wrong_ones_are_named()
    {
        using var scope = NewDisposeScope();
        var data = arange(6, dtype: float32).reshape(2, 3);
        Assert.Equal([2f, 5f], Node.Run("Gather", 13, [data, tensor(-1L)], ("axis", 1)).data<float>().ToArray());
        var error = Assert.Throws<OnnxFormatException>(() => Node.Run("Gather", 13, [data, tensor(new[] { 0, 3 })], ("axis", 1)));
        Assert.Contains("index 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_indices_gather_nothing()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([2L, 0L, 1L], Node.Run("Gather", 13, [zeros(2, 3), zeros([0, 1], int64)], ("axis", 1)).shape);
    }

    [Fact]
    public void A_boolean_mask_picks_by_NonZero_and_GatherND()
    {
        using var scope = NewDisposeScope();
        var data = arange(6, dtype: float32).reshape(2, 3).requires_grad_();
        var mask = tensor(new[] { true, false, false, true, true, false }).reshape(2, 3);
        var places = Node.Run("Transpose", 13, [Node.Run("NonZero", 13, [mask])]);
        var picked = Node.Run("GatherND", 13, [data, places]);
        Assert.Equal([0f, 3f, 4f], picked.data<float>().ToArray());
        picked.sum().backward();
        Assert.Equal([1f, 0f, 0f, 1f, 1f, 0f], data.grad!.flatten().data<float>().ToArray());
    }

    [Fact]
    public void GatherND_takes_rows_within_each_batch()
    {
        using var scope = NewDisposeScope();
        var data = arange(12).reshape(2, 3, 2);
        var rows = Node.Run("GatherND", 13, [data, tensor(new[] { 1L, -1L }).reshape(2, 1)], ("batch_dims", 1));
        Assert.Equal([2L, 3L, 10L, 11L], rows.flatten().data<long>().ToArray());
    }

    [Fact]
    public void Indices_that_do_not_fit_the_data_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<OnnxFormatException>(() => Node.Run("GatherND", 13, [zeros(2, 3), zeros([1, 3], int64)]));
        Assert.Throws<OnnxFormatException>(() => Node.Run("GatherElements", 13, [zeros(2, 3), zeros([3, 3], int64)], ("axis", 1)));
        Assert.Throws<OnnxFormatException>(() => Node.Run("ScatterElements", 18, [zeros(2, 3), zeros([1, 3], int64), zeros(1, 2)]));
        Assert.Throws<OnnxFormatException>(() => Node.Run("ScatterND", 18, [zeros(2, 3), tensor(new[] { 2L }).reshape(1, 1), zeros(1, 3)]));
    }

    [Theory]
    [InlineData("add")]
    [InlineData("mul")]
    [InlineData("max")]
    [InlineData("min")]
    public void Updates_of_the_same_element_are_all_applied(string reduction)
        => Gen.Select(Gen.Int[0, 4].Array[1, 12], Gen.Int[-3, 3].Array[12])
            .Sample(
                (places, values) =>
                {
                    using var scope = NewDisposeScope();
                    float[] expected = new float[] { 1, 1, 1, 1, 1 };
                    for (int i = 0; i < places.Length; i++) expected[places[i]] = Combine(reduction, expected[places[i]], values[i]);
                    var indices = tensor(places.Select(place => (long)place).ToArray());
                    var updates = tensor(values.Take(places.Length).Select(value => (float)value).ToArray());
                    var elements = Node.Run("ScatterElements", 18, [ones(5), indices, updates], ("reduction", reduction));
                    var rows = Node.Run("ScatterND", 18, [ones(5), indices.unsqueeze(1), updates], ("reduction", reduction));
                    return elements.data<float>().ToArray().SequenceEqual(expected) && rows.data<float>().ToArray().SequenceEqual(expected);
                },
                iter: 200);

    [Fact]
    public void Scattered_updates_take_the_gradient_of_the_elements_they_replace()
    {
        using var scope = NewDisposeScope();
        var data = ones(4).requires_grad_();
        var updates = ones(2).requires_grad_();
        var result = Node.Run("ScatterND", 18, [data, tensor(new[] { 3L, 1L }).unsqueeze(1), updates]);
        (result * arange(4, dtype: float32)).sum().backward();
        Assert.Equal([0f, 0f, 2f, 0f], data.grad!.data<float>().ToArray());
        Assert.Equal([3f, 1f], updates.grad!.data<float>().ToArray());
        Assert.Equal([1f, 1f, 1f, 1f], data.detach().data<float>().ToArray());
    }

    [Fact]
    public void Unique_elements_may_keep_the_order_in_which_they_come()
    {
        using var scope = NewDisposeScope();
        var outputs = Node.RunAll("Unique", 11, [tensor(new[] { 2f, 1f, 1f, 3f, 4f, 3f })], 4, ("sorted", 0))
            .Select(output => ((TensorValue)output).Tensor).ToArray();
        Assert.Equal([2f, 1f, 3f, 4f], outputs[0].data<float>().ToArray());
        Assert.Equal([0L, 1L, 3L, 4L], outputs[1].data<long>().ToArray());
        Assert.Equal([0L, 1L, 1L, 2L, 3L, 2L], outputs[2].data<long>().ToArray());
        Assert.Equal([1L, 2L, 2L, 1L], outputs[3].data<long>().ToArray());
    }

    private static float Combine(string reduction, float old, float update) => reduction switch
    {
        "add" => old + update,
        "mul" => old * update,
        "max" => Math.Max(old, update),
        _ => Math.Min(old, update),
    };
}
