using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class ReadoutTrainingTests
{
    [Fact]
    public void The_gradient_is_that_of_the_loss()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(2);
        var options = new ReadoutOptions { Beta = 3, InitialAlpha = 0.3, NoiseCopies = 3, BatchSize = 100 };
        using var training = Perturbed(0, 0);
        training.Add([images]);
        double[] gradients = [.. training.Gradient.Select(gradient => Largest(gradient).Value)];
        for (int parameter = 0; parameter < gradients.Length; parameter++)
        {
            const double step = 3e-3;
            int element = Largest(training.Gradient[parameter]).Index;
            double slope = (Loss(parameter, element, step) - Loss(parameter, element, -step)) / (2 * step);
            Assert.Equal(gradients[parameter], slope, Math.Abs(0.03 * gradients[parameter]) + 2e-4);
            Assert.True(Math.Abs(gradients[parameter]) > 1e-3, $"The gradient of parameter {parameter} says nothing.");
        }

        double Loss(int parameter, int element, double by)
        {
            using var other = Perturbed(parameter, element, by);
            other.Add([images]);
            return 2 * other.EndEpoch().Loss; // The gradient is that of the sum.
        }

        ReadoutTraining Perturbed(int parameter, int element, double by = 0)
        {
            var made = fixture.Train(images, options);
            // The first weights of the last convolution are small: larger ones let gradients through.
            made.Parameters[4].mul_(30);
            made.Parameters[parameter].view(-1)[element] += (float)by;
            return made;
        }

        static (double Value, int Index) Largest(Tensor gradient)
        {
            int index = (int)gradient.abs().argmax().item<long>();
            return (gradient.view(-1)[index].item<float>(), index);
        }
    }

    [Fact]
    public void The_loss_is_that_of_the_per_sample_bottleneck()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(3);
        using var training = fixture.Train(images, new() { Beta = 4, InitialAlpha = 1, NoiseCopies = 5, Noise = NoiseKind.Independent, Seed = 9 });
        training.Parameters[4].zero_();
        training.Add([images.narrow(0, 0, 1)]);
        var epoch = training.EndEpoch();
        using var readout = training.ToMethod();
        using var perSample = new PerSampleBottleneck(readout.Statistics, new() { Beta = 4, InitialAlpha = 1, NoiseCopies = 5, Steps = 1, Seed = 9 });
        using var result = (BottleneckResult)perSample.Explain(fixture.Cut, [images.narrow(0, 0, 1)]);
        Assert.Equal(result.Loss.item<float>(), epoch.Loss, 1e-5);
        Assert.Equal(result.ModelLoss.item<float>(), epoch.ModelLoss, 1e-5);
        Assert.Equal(result.Information.item<float>(), epoch.Information, 1e-5);
        Assert.Equal((1, 1L), (epoch.Epoch, epoch.Rows));
    }

    [Fact]
    public void It_learns_to_keep_what_the_network_uses_and_nothing_of_what_it_ignores()
    {
        using var scope = NewDisposeScope();
        using var fixture = ReadoutFixture.Ignoring();
        var pictures = ReadoutFixture.Pictures(16);
        using var training = fixture.Train(pictures, new() { Beta = 0.2, Epochs = 30, BatchSize = 4, LearningRate = 0.03 });
        var epochs = Run(training, pictures);
        Assert.True(epochs[^1].Loss < 0.5 * epochs[0].Loss, $"From {epochs[0].Loss} to {epochs[^1].Loss}.");
        using var readout = training.ToMethod();
        using var result = (ReadoutResult)readout.Explain(fixture.Cut, [ReadoutFixture.Pictures(10, seed: 5)]);
        result.ThrowIfFailed();
        double used = Toy.Total(result.Capacity.select(1, 0)), ignored = Toy.Total(result.Capacity.select(1, 1));
        Assert.True(used > 1, $"{used} nats of what is used.");
        Assert.True(ignored < 0.05 * used, $"{ignored} nats of what is ignored, {used} of what is used.");
    }

    [Fact]
    public void Where_information_is_dear_hardly_any_passes()
    {
        using var scope = NewDisposeScope();
        using var fixture = ReadoutFixture.Ignoring();
        var pictures = ReadoutFixture.Pictures(8);
        using var training = fixture.Train(pictures, new() { Beta = 1000, Epochs = 30, BatchSize = 2, LearningRate = 0.1, NoiseCopies = 1 });
        Run(training, pictures);
        using var readout = training.ToMethod();
        using var result = readout.Explain(fixture.Cut, [pictures]);
        Assert.InRange(Toy.Total(result.Map) / pictures.shape[0], 0, 0.05);
    }

    [Theory]
    [InlineData(2)] // between two updates
    [InlineData(7)] // in the second epoch
    public void Going_on_gives_the_bits_of_never_having_stopped(int stop)
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(5);
        var options = new ReadoutOptions { Epochs = 3, BatchSize = 3, NoiseCopies = 2, Patience = 2 };
        using var whole = fixture.Train(images, options);
        Go(whole, 0, 15);
        using var first = fixture.Train(images, options);
        Go(first, 0, stop);
        using var state = new MemoryStream();
        first.Save(state);
        state.Position = 0;
        using var second = ReadoutTraining.Load(fixture.Cut, state);
        Go(second, stop, 15);
        Assert.True(second.IsFinished);
        Assert.Equal(Saved(whole), Saved(second));

        void Go(ReadoutTraining training, int from, int to)
        {
            for (int row = from; row < to; row++)
            {
                training.Add([images.narrow(0, row % 5, 1)]);
                if (row % 5 == 4) training.EndEpoch();
            }
        }
    }

    [Fact]
    public void It_does_not_matter_how_rows_are_handed_over()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(7);
        var options = new ReadoutOptions { BatchSize = 3, NoiseCopies = 2 };
        using var together = fixture.Train(images, options);
        together.Add([images]);
        together.EndEpoch();
        using var apart = fixture.Train(images, options);
        for (int row = 0; row < 7; row++) apart.Add([images.narrow(0, row, 1)]);
        apart.EndEpoch();
        Assert.Equal(Saved(together), Saved(apart));
    }

    [Fact]
    public void It_ends_early_where_the_loss_stays()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(2);
        using var training = fixture.Train(images, new() { Epochs = 50, Patience = 2, LearningRate = 1e-9, Noise = NoiseKind.Paired, NoiseCopies = 2, MinimumGain = 0.5 });
        Assert.Equal(3, Run(training, images).Count);
    }

    [Fact]
    public void What_cannot_be_learned_from_is_refused_and_leaves_nothing_behind()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(3);
        using var training = fixture.Train(images);
        training.Add([images]);
        training.EndEpoch();
        var broken = images.clone();
        broken[0] = float.NaN;
        Assert.Contains("NaN or infinite", Assert.Throws<InvalidOperationException>(() => training.Add([broken.narrow(0, 0, 1)])).Message);
        Assert.All(training.Gradient, gradient => Assert.Equal(0, gradient.abs().max().item<float>()));
        Assert.Throws<InvalidOperationException>(training.EndEpoch);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => training.Add([images], cancellation: source.Token));
        using var labelled = fixture.Train(images, new() { Target = ExplanationTarget.Label });
        Assert.Contains("needs labels", Assert.Throws<ArgumentException>(() => labelled.Add([images])).Message);
        Assert.Contains("no class", Assert.Throws<InvalidOperationException>(() => labelled.Add([images], tensor([0L, 9, 0]))).Message);
        Assert.Contains("Epochs is 0", Assert.Throws<ArgumentOutOfRangeException>(() => fixture.Train(images, new() { Epochs = 0 })).Message);
    }

    [Fact]
    public void A_state_of_another_cut_or_of_damaged_bytes_is_refused()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        using var training = fixture.Train(TestModules.Images(3));
        using var state = new MemoryStream();
        training.Save(state);
        using var other = new ReadoutCut(fixture.Network, ReadoutFixture.Layer, ["fc"]);
        Assert.Contains("reading", Assert.Throws<ArgumentException>(() => ReadoutTraining.Load(other, new MemoryStream(state.ToArray()))).Message);
        Assert.Throws<InvalidDataException>(() => ReadoutTraining.Load(fixture.Cut, new MemoryStream(state.ToArray()[..^5])));
        Assert.Throws<InvalidDataException>(() => ReadoutTraining.Load(fixture.Cut, new MemoryStream([4, 1, 2, 3, 4])));
        using (fixture.Network.RandomizeWeights("features.conv2", seed: 1))
        {
            Assert.Contains("other weights", Assert.Throws<ArgumentException>(() => ReadoutTraining.Load(fixture.Cut, new MemoryStream(state.ToArray()))).Message);
        }
    }

    private static List<ReadoutEpoch> Run(ReadoutTraining training, Tensor images)
    {
        var epochs = new List<ReadoutEpoch>();
        while (!training.IsFinished)
        {
            training.Add([images]);
            epochs.Add(training.EndEpoch());
        }

        return epochs;
    }

    private static byte[] Saved(ReadoutTraining training)
    {
        using var stream = new MemoryStream();
        training.Save(stream);
        return stream.ToArray();
    }
}
