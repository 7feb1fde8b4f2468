using Iba.Torch;
using Microsoft.ML;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Transformers that share a network, or networks that share a module, used from many threads: the same results, and no waiting for each other forever.</summary>
public sealed class SharingTests : IDisposable
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(120);

    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;
    private readonly nn.Module<Tensor, Tensor> _module;

    public SharingTests()
    {
        _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(12));
        _module = nn.Sequential(
            ("features", nn.Sequential(("conv1", nn.Conv2d(3, 4, 3, padding: 1)), ("relu1", nn.ReLU(inplace: true)), ("drop", nn.Dropout(0.5)))),
            ("conv2", nn.Conv2d(4, 6, 3, padding: 1)), ("relu2", nn.ReLU(inplace: true)), ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("fc", nn.Linear(6, 4)));
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        foreach (var weight in _module.parameters()) weight.copy_(randn(weight.shape, generator: generator));
    }

    public void Dispose() => _module.Dispose();

    [Fact]
    public async Task Two_transformers_over_one_network_explain_on_many_threads_as_on_one()
    {
        using var network = new ConvolutionalNetwork();
        using var first = Fit(network, "conv1");
        using var second = Fit(network, "conv2");
        await AssertSameOnThreads(first, second);
    }

    [Fact]
    public async Task Two_networks_around_one_module_explain_on_many_threads_as_on_one_while_the_application_calls_it()
    {
        using var one = new ModuleNetwork(_module, [3, PixelRow.Side, PixelRow.Side]);
        using var other = new ModuleNetwork(_module, [3, PixelRow.Side, PixelRow.Side]);
        using var first = Fit(one, "features.relu1");
        using var second = Fit(other, "relu2");
        using var images = ones(3, 3, PixelRow.Side, PixelRow.Side);
        float[] expected = Call();
        using var done = new CancellationTokenSource();
        var application = Task.Run(() =>
        {
            int calls = 0;
            for (; calls < 20 || !done.IsCancellationRequested; calls++) Assert.Equal(expected, Call());
            return calls;
        });
        await AssertSameOnThreads(first, second);
        done.Cancel();
        Assert.True(await application.WaitAsync(LongEnough) >= 20);

        float[] Call()
        {
            using var noGradient = no_grad();
            using var output = _module.call(images);
            return output.data<float>().ToArray();
        }
    }

    [Fact]
    public async Task A_transformer_that_is_disposed_while_others_explain_ends_and_leaves_them_alone()
    {
        using var network = new ConvolutionalNetwork();
        var first = Fit(network, "conv1");
        using var second = Fit(network, "conv1");
        float[][] expected = Maps(second);
        using var begun = new CountdownEvent(2);
        var ending = Task.Run(() =>
        {
            begun.Signal();
            while (true) Maps(first);
        });
        var staying = Task.Run(() =>
        {
            begun.Signal();
            return Enumerable.Range(0, 3).Select(_ => Maps(second)).ToArray();
        });
        Assert.True(begun.Wait(LongEnough));
        first.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ending.WaitAsync(LongEnough));
        Assert.All(await staying.WaitAsync(LongEnough), maps => Assert.Equal(expected, maps));
    }

    private async Task AssertSameOnThreads(IbaTransformer first, IbaTransformer second)
    {
        float[][][] expected = new[] { Maps(first), Maps(second) };
        var work = Enumerable.Range(0, 4).Select(thread => Task.Run(() => Maps(thread % 2 == 0 ? first : second))).ToArray();
        float[][][] found = await Task.WhenAll(work).WaitAsync(LongEnough);
        for (int thread = 0; thread < found.Length; thread++) Assert.Equal(expected[thread % 2], found[thread]);
    }

    private float[][] Maps(IbaTransformer transformer) => _ml.Read(transformer.Transform(_data)).Select(row => row.Heatmap).ToArray();

    private IbaTransformer Fit(Network network, string layer) => _ml.Transforms.Iba(new IbaEstimator.Options
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = network,
        Layer = layer,
        Seed = 5,
        Steps = 3,
        NoiseCopies = 2,
        BatchSize = 4,
    }).Fit(_data);
}
