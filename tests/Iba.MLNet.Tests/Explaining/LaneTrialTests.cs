using Microsoft.ML;
using TorchSharp;

namespace Iba.MLNet.Tests;

/// <summary>How many lanes there are by default. Changes libtorch's number of threads, so nothing else may run beside it.</summary>
[Collection(nameof(Alone))]
public sealed class LaneTrialTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly int _threads = torch.get_num_threads();
    private readonly int _processors = Math.Min(Environment.ProcessorCount, 4);

    public LaneTrialTests() => torch.set_num_threads(_processors);

    public void Dispose()
    {
        torch.set_num_threads(_threads);
        _network.Dispose();
    }

    /// <summary>The threads that computed, for a network that leaves the processors idle for most of its time.</summary>
    private int Threads(Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(_network);
        change?.Invoke(options);
        var data = _ml.Data.LoadFromEnumerable(PixelRow.Make(24));
        using var transformer = _ml.Transforms.Iba(options).Fit(data);
        _network.LacksMemory = _ =>
        {
            Thread.Sleep(25);
            return false;
        };
        _network.Threads.Clear();
        _ml.Read(transformer.Transform(data));
        return _network.Threads.Count;
    }

    // With fewer than half of the processors for libtorch, the user keeps the others.
    private bool MayShare => _processors > 1 && 2 * _processors >= Environment.ProcessorCount;

    [Fact]
    public void Several_where_a_trial_shows_that_to_be_faster() => Assert.Equal(MayShare, Threads() > 1);

    [Fact]
    public void One_within_a_small_budget() => Assert.Equal(1, Threads(options => options.MemoryBudget = 6 << 20)); // a row takes 4 MiB

    [Fact]
    public void One_where_the_options_say_so() => Assert.Equal(1, Threads(options => options.PassesAtOnce = 1));

    [Fact]
    public void One_where_libtorch_has_one_thread()
    {
        torch.set_num_threads(1);
        Assert.Equal(1, Threads());
    }
}
