using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Counts all tensors of the process, so nothing else may run beside it.</summary>
[Collection(nameof(Alone))]
public class EvaluationLifetimeTests
{
    [Fact]
    public void No_tensor_outlives_a_metric()
    {
        using var scope = NewDisposeScope();
        using var linear = new LinearRows();
        var map = linear.Truth;
        var gradient = linear.Gradient.contiguous();
        Run();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 3; i++) Run();
        Assert.Equal(before, Tensor.TotalCount);

        void Run()
        {
            using var rows = linear.Ask(linear.Inputs);
            new DegradationTest(2).Measure(rows, map);
            new InsertionDeletion().Measure(rows, map);
            new SensitivityN { SetsPerSize = 3 }.Measure(rows, map);
            new Infidelity(count: 3).Measure(rows, gradient);
            new MaxSensitivity(count: 3).Measure(linear.Inputs, Copy);
            new SeedStability().Measure(_ => Copy(map));
            new SanityCheck().Measure(linear.Network, () => Copy(map));
            MapComparison.Measure(map, map);
            using var mask = Localization.BoxMask(6, 6, new System.Drawing.Rectangle(0, 0, 2, 2));
            using var masks = mask.expand(3, 6, 6);
            new Localization().Measure(map, masks);
            using var cancellation = new CancellationTokenSource();
            cancellation.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(() => new InsertionDeletion().Measure(rows, map, cancellation.Token));
        }

        static Tensor Copy(Tensor tensor) => tensor.clone().DetachFromDisposeScope();
    }
}
