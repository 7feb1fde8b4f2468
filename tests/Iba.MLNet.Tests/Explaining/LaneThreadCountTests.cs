using System.Collections.Concurrent;
using Microsoft.ML;
using TorchSharp;

namespace Iba.MLNet.Tests;

/// <summary>Changes libtorch's number of threads, so nothing else may run beside it.</summary>
[Collection(nameof(Alone))]
public class LaneThreadCountTests
{
    [Fact]
    public void Every_lane_computes_with_the_callers_number_of_threads_and_leaves_it_alone()
    {
        var ml = new MLContext(seed: 1);
        using var network = new ConvolutionalNetwork();
        var options = TestPipelines.PixelOptions(network);
        var data = ml.Data.LoadFromEnumerable(PixelRow.Make(24));
        using var transformer = ml.Transforms.Iba(options).Fit(data);
        transformer.PassesAtOnce = 3;
        var seen = new ConcurrentBag<(Thread, int Count)>();
        network.LacksMemory = _ =>
        {
            seen.Add((Thread.CurrentThread, torch.get_num_threads()));
            return false;
        };

        int before = torch.get_num_threads();
        try
        {
            foreach (int count in new[] { before, before + 1, before + 2, before })
            {
                torch.set_num_threads(count);
                seen.Clear();
                ml.Read(transformer.Transform(data));
                Assert.True(seen.Distinct().Count() > 1);
                Assert.All(seen, call => Assert.Equal(count, call.Count));
                Assert.Equal(count, torch.get_num_threads());
            }
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }
}
