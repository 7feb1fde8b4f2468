using Microsoft.ML;

namespace Iba.MLNet.Tests.Explaining;

public sealed class OutOfMemoryTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IbaTransformer _transformer;
    private readonly IDataView _data;

    public OutOfMemoryTests()
    {
        _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(24));
        _transformer = _ml.Transforms.Iba(TestPipelines.PixelOptions(_network)).Fit(_data);
    }

    public void Dispose()
    {
        _transformer.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void Fewer_rows_go_on_together_and_one_warning_says_so()
    {
        var expected = _ml.Read(_transformer.Transform(_data));
        var warnings = _ml.Listen("Warning");
        _network.MostTailRows = 6; // 8 rows of 3 copies are 24, 2 are 6.
        var rows = _ml.Read(_transformer.Transform(_data));
        foreach (var (wanted, found) in expected.Zip(rows)) IbaTransformerTests.AssertClose(wanted, found);
        string warning = Assert.Single(warnings);
        Assert.Contains("with 8 rows at once after layer 'conv1': 2 at a time", warning, StringComparison.Ordinal);

        // What fitted is remembered, and the head takes no more either.
        _network.HeadCalls.Clear();
        _network.MostTailRows = 3;
        _ml.Read(_transformer.Transform(_data));
        Assert.Equal((2, 1), (_network.HeadCalls[0], _network.HeadCalls[^1]));
        Assert.Single(warnings);
    }

    [Fact]
    public void A_row_that_does_not_fit_alone_says_what_to_lower()
    {
        _network.MostTailRows = 2;
        var failure = Assert.Throws<InvalidOperationException>(() => _ml.Read(_transformer.Transform(_data)));
        Assert.Contains("Row 0 cannot be explained at layer 'conv1': Not enough memory to explain one row", failure.Message, StringComparison.Ordinal);
        Assert.Contains("NoiseCopies", failure.Message, StringComparison.Ordinal);
    }
}
