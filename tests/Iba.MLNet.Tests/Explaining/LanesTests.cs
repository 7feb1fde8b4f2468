using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>Several rows at once, each on a thread of its own.</summary>
public sealed class LanesTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly PixelRow[] _rows = PixelRow.Make(24);

    public void Dispose() => _network.Dispose();

    /// <param name="lanes">Null: as many as pay.</param>
    /// <param name="change">A change of the options.</param>
    private IbaTransformer Fit(int? lanes, Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(_network);
        change?.Invoke(options);
        var transformer = _ml.Transforms.Iba(options).Fit(_ml.Data.LoadFromEnumerable(_rows));
        transformer.PassesAtOnce = lanes;
        _network.Threads.Clear();
        return transformer;
    }

    private ExplainedRow[] Read(IbaTransformer transformer) => _ml.Read(transformer.Transform(_ml.Data.LoadFromEnumerable(_rows)));

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Rows_have_the_same_bits_as_on_one_thread(int lanes)
    {
        using var one = Fit(1);
        using var several = Fit(lanes);
        var expected = Read(one);
        Assert.Equal(Thread.CurrentThread, Assert.Single(_network.Threads));
        var found = Read(several);
        Assert.True(_network.Threads.Count > 1);
        foreach (var (row, other) in expected.Zip(found))
        {
            Assert.Equal(row.Heatmap, other.Heatmap);
            Assert.Equal(row.Capacity, other.Capacity);
            Assert.Equal(row.Scores, other.Scores);
            Assert.Equal(row.ScoresWithBottleneck, other.ScoresWithBottleneck);
        }
    }

    [Fact]
    public void Threads_end_with_the_transformer()
    {
        using (var transformer = Fit(3)) Read(transformer);
        Assert.True(_network.Threads.Count > 1);
        AssertEnded();
    }

    private void AssertEnded() => Assert.All(_network.Threads, thread => Assert.Equal(thread == Thread.CurrentThread, thread.IsAlive));

    [Fact]
    public void A_loss_of_ones_own_meets_one_thread_only()
    {
        using var transformer = Fit(4, options => options.Loss = BottleneckLoss.Custom((probabilities, _, _) => probabilities.amax([2]).neg()));
        Read(transformer);
        Assert.Equal(Thread.CurrentThread, Assert.Single(_network.Threads));
    }

    [Fact]
    public void A_row_that_makes_the_network_fail_is_found_and_the_others_are_explained()
    {
        using var one = Fit(1);
        using var several = Fit(4, options => options.BadRows = BadRowHandling.Missing);
        var expected = Read(one);
        _rows[9].Pixels[0] = 1000;
        _network.Fail = input => input.max().item<float>() > 999;
        var found = Read(several);
        Assert.Equal([9], Enumerable.Range(0, _rows.Length).Where(row => float.IsNaN(found[row].Bits)));
        foreach (int row in Enumerable.Range(0, _rows.Length).Where(row => row != 9)) Assert.Equal(expected[row].Heatmap, found[row].Heatmap);
    }

    [Fact]
    public void Cancellation_ends_a_row_between_its_steps()
    {
        using var transformer = Fit(1, options => options.Steps = 1_000);
        _network.LacksMemory = _ =>
        {
            _ml.CancelExecution();
            return false;
        };
        _network.TailCalls.Clear();
        Assert.Throws<OperationCanceledException>(() => Read(transformer));
        Assert.InRange(_network.TailCalls.Count, 1, 2);
    }

    [Fact]
    public void Cancellation_ends_all_lanes()
    {
        using var transformer = Fit(3, options => options.BatchSize = 24);
        _network.HeadCalls.Clear();
        _network.Fail = _ =>
        {
            _ml.CancelExecution();
            return false;
        };
        Assert.Throws<OperationCanceledException>(() => Read(transformer));
        Assert.InRange(_network.HeadCalls.Count, 1, 3);
        transformer.Dispose();
        AssertEnded();
    }

    [Fact]
    public void Out_of_memory_on_several_lanes_leaves_fewer_with_one_warning()
    {
        using var one = Fit(1);
        using var several = Fit(3);
        var expected = Read(one);
        var warnings = _ml.Listen("Warning");
        _network.LacksMemory = _ => Thread.CurrentThread.Name?.StartsWith("Iba lane", StringComparison.Ordinal) == true;
        foreach (var (row, other) in expected.Zip(Read(several))) Assert.Equal(row.Heatmap, other.Heatmap);
        Assert.Contains("Memory ran out with 3 rows at once after layer 'conv1': 1 at a time", Assert.Single(warnings), StringComparison.Ordinal);

        _network.Threads.Clear();
        Read(several);
        Assert.Equal(Thread.CurrentThread, Assert.Single(_network.Threads));
        Assert.Single(warnings);
    }
}
