using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class ReadoutBottleneckTests
{
    [Fact]
    public void The_map_of_a_fixed_readout_is_the_capacity_of_its_mask()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(4);
        using var training = fixture.Train(images, new() { InitialAlpha = -0.7, Sigma = 0 });
        using var readout = WithoutReading(training);
        using var result = (ReadoutResult)readout.Explain(fixture.Cut, [images]);
        result.ThrowIfFailed();
        using var activation = fixture.Cut.Head([images]);
        using var statistics = readout.Statistics.To(CPU);

        // Schulz et al. 2020, equation 4, with lambda = sigmoid(-0.7) everywhere.
        double lambda = 1 / (1 + Math.Exp(0.7));
        var deviation = (activation.Features - statistics.Mean) / statistics.Std.clamp_min(0.01);
        var expected = (((lambda * deviation).square() + Math.Pow(1 - lambda, 2) - 1) * 0.5 - Math.Log(1 - lambda)) * statistics.Active;
        Toy.AssertClose(full_like(activation.Features, lambda), result.Mask);
        Toy.AssertClose(expected, result.Capacity, 1e-5);
        Assert.Equal(MapUnit.Bits, result.Unit);
        Toy.AssertClose(expected.to_type(ScalarType.Float64).sum(1) / Math.Log(2), result.Map, 1e-5);
        Assert.Equal(Toy.Total(result.Map), Toy.Total(result.ToMap(16, 16)), 1e-3 * Toy.Total(result.Map));
    }

    [Fact]
    public void Its_mask_is_smoothed_as_that_of_the_per_sample_bottleneck()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(3);
        using var training = fixture.Train(images, new() { InitialAlpha = 0.5 });
        using var readout = WithoutReading(training);
        using var result = (ReadoutResult)readout.Explain(fixture.Cut, [images]);
        using var perSample = new PerSampleBottleneck(readout.Statistics, new() { InitialAlpha = 0.5, Steps = 1 });
        using var other = (BottleneckResult)perSample.Explain(fixture.Cut, [images]);
        Assert.Equal(other.LastForwardCapacity, result.Capacity);
    }

    [Fact]
    public void A_map_needs_one_pass_through_the_network()
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var cut = new ReadoutCut(network, ReadoutFixture.Layer, ReadoutFixture.Layers);
        var images = TestModules.Images(2);
        using var measurement = new ReadoutMeasurement(cut);
        measurement.Add([images]);
        using var training = new ReadoutTraining(cut, measurement);
        using var readout = training.ToMethod();
        Assert.Equal(1, ModuleFeaturesTests.CountCalls(module, "conv1", () => readout.Explain(cut, [images]).Dispose()));
        using var explained = readout.Explain(cut, [images]);
        Toy.AssertClose(network.Forward([images]).softmax(1), explained.Probabilities);
    }

    [Fact]
    public void A_saved_readout_gives_the_same_bits()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(5);
        using var training = fixture.Train(images, new() { Beta = 2, BatchSize = 2, NoiseCopies = 2 });
        training.Add([images]);
        using var readout = training.ToMethod();
        byte[] saved = Saved(readout);
        using var loaded = (ReadoutBottleneck)AttributionMethods.Load(readout.Name, new BinaryReader(new MemoryStream(saved)));
        Assert.Equal(saved, Saved(loaded));
        Assert.Equal(ReadoutFixture.Layers, loaded.ReadoutLayers);
        using var cut = loaded.Cut(fixture.Network, loaded.Layer);
        using var expected = readout.Explain(fixture.Cut, [images]);
        using var found = loaded.Explain(cut, [images]);
        Assert.Equal(expected.Map, found.Map);
    }

    [Fact]
    public void Damaged_bytes_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        using var training = fixture.Train(TestModules.Images(3));
        using var readout = training.ToMethod();
        byte[] saved = Saved(readout);
        for (int length = 0; length < saved.Length; length += 97)
        {
            var failure = Record.Exception(() => ReadoutBottleneck.Load(new BinaryReader(new MemoryStream(saved[..length]))));
            Assert.True(failure is InvalidDataException or EndOfStreamException or ArgumentException, $"{length} bytes: {failure}");
        }
    }

    [Fact]
    public void Another_cut_is_refused()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(3);
        using var training = fixture.Train(images);
        using var readout = training.ToMethod();
        using var plain = fixture.Network.Split(ReadoutFixture.Layer);
        Assert.Contains("new ReadoutCut(network, \"features.pool1\"", Assert.Throws<ArgumentException>(() => readout.Explain(plain, [images])).Message);
        using var other = new ReadoutCut(fixture.Network, ReadoutFixture.Layer, ["fc"]);
        Assert.Throws<ArgumentException>(() => readout.Explain(other, [images]));
        Assert.Contains("named twice", Assert.Throws<ArgumentException>(() => new ReadoutCut(fixture.Network, "fc", ["fc", "fc"])).Message);
        Assert.Contains("at least one", Assert.Throws<ArgumentException>(() => new ReadoutCut(fixture.Network, "fc", [])).Message);
        Assert.Throws<ArgumentException>(() => new ReadoutCut(fixture.Network, "fc", ["nothing"]));
    }

    [Fact]
    public void Rows_whose_target_it_did_not_learn_fail_alone()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(3);
        using var training = fixture.Train(images);
        using var readout = training.ToMethod();
        using var predicted = readout.Explain(fixture.Cut, [images]);
        var labels = predicted.Targets.clone();
        labels[1] = (labels[1] + 1) % TestModules.Classes;
        using var result = readout.Explain(fixture.Cut, [images], new AttributionRequest { Target = ExplanationTarget.Label, Labels = labels });
        Assert.Equal([1L], result.Failures.Select(failure => failure.Row));
        Assert.Contains("the readout learned to explain 'predicted-class'", result.Failures[0].Reason);
        Assert.Equal(predicted.Map[0], result.Map[0]);
        Assert.True(result.Map[1].isnan().all().item<bool>());
    }

    [Fact]
    public void Other_methods_work_at_its_cut_as_at_a_plain_one()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ReadoutFixture();
        var images = TestModules.Images(2);
        using var plain = fixture.Network.Split(ReadoutFixture.Layer);
        using var gradCam = new GradCam();
        using var expected = gradCam.Explain(plain, [images]);
        using var found = gradCam.Explain(fixture.Cut, [images]);
        Toy.AssertClose(expected.Map, found.Map);
        Assert.NotEqual(plain.HeadFingerprint(), fixture.Cut.HeadFingerprint());
    }

    internal static byte[] Saved(AttributionMethod method)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true)) method.Save(writer);
        return stream.ToArray();
    }

    /// <summary>A readout whose last weights are 0: alpha is the bias everywhere, whatever is read.</summary>
    private static ReadoutBottleneck WithoutReading(ReadoutTraining training)
    {
        var readout = training.ToMethod();
        readout.Parameters[^2].zero_();
        return readout;
    }
}
