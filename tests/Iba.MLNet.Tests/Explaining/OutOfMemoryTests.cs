using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>What happens when memory runs out, and the budget that keeps it from doing so.</summary>
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
        _transformer.RowsPerPass = 8;
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
        _network.LacksMemory = rows => rows > 6; // 8 rows of 3 copies are 24, 2 are 6.
        var rows = _ml.Read(_transformer.Transform(_data));
        foreach (var (wanted, found) in expected.Zip(rows)) IbaTransformerTests.AssertClose(wanted, found);
        string warning = Assert.Single(warnings);
        Assert.Contains("with 8 rows at once after layer 'conv1': 2 at a time", warning, StringComparison.Ordinal);

        // What fitted is remembered, and the head takes no more either.
        _network.HeadCalls.Clear();
        _network.LacksMemory = rows => rows > 3;
        _ml.Read(_transformer.Transform(_data));
        Assert.Equal((2, 1), (_network.HeadCalls[0], _network.HeadCalls[^1]));
        Assert.Single(warnings);
    }

    [Fact]
    public void A_row_that_does_not_fit_alone_says_what_to_lower()
    {
        _network.LacksMemory = rows => rows > 2;
        var failure = Assert.Throws<InvalidOperationException>(() => _ml.Read(_transformer.Transform(_data)));
        Assert.Contains("Row 0 cannot be explained at layer 'conv1': Not enough memory to explain one row", failure.Message, StringComparison.Ordinal);
        Assert.Contains("NoiseCopies", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_bounds_the_rows_of_a_pass_and_changes_no_result()
    {
        var expected = _ml.Read(_transformer.Transform(_data));
        Assert.Equal(24, _network.TailCalls.Max());
        foreach (var (budget, rows) in new[] { (20L << 20, 4), (6L << 20, 1), (1L, 1), (0L, 8) })
        {
            // A row takes 3 copies of 1.25 MiB and of 16 times the 6 x 16 x 16 features: 4.03 MiB.
            _transformer.MemoryBudget = budget;
            _network.TailCalls.Clear();
            var found = _ml.Read(_transformer.Transform(_data));
            Assert.Equal(3 * rows, _network.TailCalls.Max());
            foreach (var (one, other) in expected.Zip(found)) IbaTransformerTests.AssertClose(one, other);
        }
    }

    [Fact]
    public void The_budget_is_an_option_about_the_machine_and_not_saved()
    {
        var options = TestPipelines.PixelOptions(_network);
        options.MemoryBudget = 5L << 30;
        options.AllowTensorFloat32 = false;
        using var transformer = _ml.Transforms.Iba(options).Fit(_data);
        Assert.Equal(5L << 30, transformer.MemoryBudget);
        Assert.False(transformer.AllowTensorFloat32);
        using var zip = new MemoryStream();
        _ml.Model.Save(transformer, _data.Schema, zip);
        zip.Position = 0;
        using var loaded = (IbaTransformer)_ml.Model.Load(zip, out _);
        Assert.Equal(0, loaded.MemoryBudget);
        Assert.Null(loaded.AllowTensorFloat32);
        Assert.Contains("MemoryBudget is -1; allowed: 0", Assert.ThrowsAny<ArgumentException>(() => loaded.MemoryBudget = -1).Message, StringComparison.Ordinal);
    }
}
