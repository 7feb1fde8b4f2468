using Iba.Tests;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Counts all tensors of the process, so nothing else may run beside it.</summary>
[Collection(nameof(Alone))]
public class AttributionLifetimeTests
{
    [Fact]
    public void No_tensor_outlives_a_call()
    {
        using var scope = NewDisposeScope();
        var dense = Toy.Dense([3, 4, 4]);
        var network = new ToyNetwork(features =>
        {
            using var inner = NewDisposeScope();
            return dense.Tail(features, null!).MoveToOuterDisposeScope();
        });
        var features = Toy.Random([5, 3, 4, 4]);
        features[1, 0, 0, 0] = float.NaN;
        var one = features[..1];
        var baseline = zeros(3, 1, 1);
        var labels = tensor(new long[] { 0, 1, 2, 9, 1 });
        var mask = ones(5, 4, 4, dtype: ScalarType.Bool);
        using var statistics = Toy.Statistics([3, 4, 4]);
        Run();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 3; i++) Run();
        Assert.Equal(before, Tensor.TotalCount);

        void Run()
        {
            foreach (var method in new AttributionMethod[]
            {
                new Gradient(), new GradCam(), new Occlusion(2), new GradientTimesInput(), new IntegratedGradients(InputBaseline.Of(baseline), 12),
                new SmoothGrad(12), new LayerCam(), new Rise(30), new RandomMap(), new CenteredGaussian(), new FunctionMethod(pass => pass.Features.select(1, 0)),
                new PerSampleBottleneck(statistics, new() { Steps = 2 }),
            })
            {
                using (method)
                {
                    var request = new AttributionRequest
                    {
                        Target = ExplanationTarget.Label,
                        Labels = labels,
                        Mask = mask,
                        Execution = new() { RowsPerPass = 2, MemoryBudget = 1 << 20 },
                    };
                    using var activation = new Activation(features.alias(), []);
                    using var result = method.Explain(network, activation, request);
                    using var map = result.ToMap(8, 8);
                    Assert.Equal(2, result.Failures.Count);

                    using var cancellation = new CancellationTokenSource();
                    cancellation.Cancel();
                    Assert.ThrowsAny<OperationCanceledException>(() => method.Explain(network, activation, request, cancellation.Token));
                }
            }

            using var wrong = new FunctionMethod(_ => zeros(1));
            Assert.Throws<ArgumentException>(() => Linear.Explain(wrong, network, one));
        }
    }

    // Gradients of guided rectifiers pass through a function of ours, of which libtorch decides when it is released.
    [Fact]
    public void Nor_does_any_of_guided_gradients()
    {
        using var scope = NewDisposeScope();
        using var network = new ModuleNetwork(
            nn.Sequential(("first", nn.Conv2d(3, 4, 3)), ("relu", nn.ReLU(inplace: true)), ("flat", nn.Flatten()), ("last", nn.Linear(64, 5))).Seeded(), [3, 6, 6]);
        using var split = network.SplitAtInput();
        using var method = new GuidedGradCam("relu");
        var pictures = Toy.Random([2, 3, 6, 6]);
        Run();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 3; i++) Run();
        Assert.Equal(before, Tensor.TotalCount);

        void Run() => method.Explain(split, [pictures]).Dispose();
    }
}

/// <summary>Tests that run when no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
