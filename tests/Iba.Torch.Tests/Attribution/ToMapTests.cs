using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>How maps come to the input's size: bits keep their total, other units their values.</summary>
public sealed class ToMapTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    private static Attribution Make(Tensor map, MapUnit unit)
    {
        var linear = new Linear(map.dim() == 1 ? [2] : [1, .. map.shape[1..]]);
        using var method = new FunctionMethod(pass => map.alias(), unit);
        return Linear.Explain(method, linear.Network, Toy.Random(map.dim() == 1 ? [map.shape[0], 2] : [map.shape[0], 1, .. map.shape[1..]]));
    }

    public static TheoryData<MapUnit> Others => [MapUnit.Score, MapUnit.ScorePerUnit, MapUnit.Relative];

    [Theory]
    [MemberData(nameof(Others))]
    public void Values_are_interpolated_between_the_centres(MapUnit unit)
    {
        using var result = Make(tensor(new float[] { 0, 4, 8, 12 }).view(1, 2, 2), unit);
        Assert.Equal(unit, result.Unit);
        float[] expected =
        [
            0, 1, 3, 4,
            2, 3, 5, 6,
            6, 7, 9, 10,
            8, 9, 11, 12,
        ];
        Toy.AssertClose(tensor(expected).view(1, 4, 4), result.ToMap(4, 4));
        using var line = Make(tensor(new float[] { 0, 4 }).view(1, 2), unit);
        Toy.AssertClose(tensor(new float[] { 0, 1, 3, 4 }).view(1, 4), line.ToMap(4));
    }

    [Fact]
    public void Bits_keep_their_total()
    {
        using var result = Make(Toy.Random([2, 3, 4]).abs(), MapUnit.Bits);
        Toy.AssertClose(result.Map.sum([1L, 2L]), result.ToMap(12, 20).sum([1L, 2L]));
        Toy.AssertClose(Heatmap.Resize(result.Map, 12, 20), result.ToMap(12, 20), 0);
        using var line = Make(Toy.Random([2, 4]).abs(), MapUnit.Bits);
        Toy.AssertClose(line.Map.sum(1), line.ToMap(10).sum(1));
    }

    [Fact]
    public void A_map_without_positions_fits_any_size()
    {
        using var values = Make(tensor(new float[] { 3, -5 }), MapUnit.Relative);
        Toy.AssertClose(values.Map.view(2, 1, 1).expand(2, 4, 6), values.ToMap(4, 6));
        Toy.AssertClose(values.Map.view(2, 1).expand(2, 7), values.ToMap(7));
        using var bits = Make(tensor(new float[] { 3, 5 }), MapUnit.Bits);
        Toy.AssertClose((bits.Map / 24).view(2, 1, 1).expand(2, 4, 6), bits.ToMap(4, 6));
    }

    [Fact]
    public void No_size_is_the_maps_own_and_a_wrong_one_is_refused()
    {
        using var result = Make(Toy.Random([2, 3, 4]), MapUnit.Relative);
        Assert.Equal(result.Map, result.ToMap());
        Assert.Equal(result.Map, result.ToMap(3, 4));
        Assert.Contains("has 2 spatial dimensions, but the size [12] has 1", Assert.Throws<ArgumentException>(() => result.ToMap(12)).Message, StringComparison.Ordinal);
        using var bits = Make(Toy.Random([2, 3, 4]).abs(), MapUnit.Bits);
        Assert.Throws<ArgumentException>(() => bits.ToMap(12));
    }

    [Fact]
    public void A_stretched_map_is_the_callers_own()
    {
        using var result = Make(Toy.Random([2, 3, 4]), MapUnit.Relative);
        var before = result.Map.clone();
        result.ToMap(3, 4).Dispose();
        Assert.Equal(before, result.Map);
    }
}
