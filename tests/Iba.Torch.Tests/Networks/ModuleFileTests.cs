using System.Text;
using Iba.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public class ModuleFileTests
{
    [Fact]
    public void A_saved_network_gives_the_same_results()
    {
        using var module = new TestNetworkFactory().Create().Seeded();
        module.Seeded();
        using var images = TestModules.Images(2);
        using var network = new ModuleNetwork(module, TestModules.InputShape, OutputKind.Logits, typeof(TestNetworkFactory));
        using var expected = network.Forward([images]);
        using var file = new MemoryStream();
        network.Save(new ForwardOnlyStream(file));
        file.WriteByte(42);
        file.Position = 0;

        using var loaded = ModuleNetwork.Load(new ForwardOnlyStream(file));

        Assert.Equal(42, file.ReadByte()); // Reads its own bytes only.
        using var actual = loaded.Forward([images]);
        Assert.Equal(expected.data<float>().ToArray(), actual.data<float>().ToArray());
        Assert.Equal(network.Inputs.Single().Shape, loaded.Inputs.Single().Shape);
        Assert.Equal(OutputKind.Logits, loaded.Output);
        Assert.Equal(network.Layers.Select(layer => layer.Name), loaded.Layers.Select(layer => layer.Name));
        Assert.All(new[] { network, loaded }, one => Assert.Equal("module", one.Format));
        using var again = new MemoryStream();
        loaded.Save(again);
        Assert.Equal(file.Length - 1, again.Length);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Weights_that_nothing_can_be_computed_with_are_refused_by_name(float value)
    {
        using var module = new TestNetworkFactory().Create().Seeded();
        var (name, weight) = module.named_parameters().First();
        using (no_grad()) weight.flatten()[3] = value;
        using var network = new ModuleNetwork(module, TestModules.InputShape, OutputKind.Logits, typeof(TestNetworkFactory));
        using var file = new MemoryStream();
        network.Save(file);
        file.Position = 0;
        string message = Assert.Throws<InvalidDataException>(() => ModuleNetwork.Load(file)).Message;
        Assert.Contains($"The weight '{name}' holds NaN or infinity", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loading_and_saving_keep_no_tensor()
    {
        byte[] saved = Saved();
        long byModules = Kept(() =>
        {
            // One module to load into, one to compare with: TorchSharp's own modules leave a tensor to the garbage collector.
            for (int i = 0; i < 2; i++) new TestNetworkFactory().Create().Dispose();
        });

        long kept = Kept(() =>
        {
            using var network = ModuleNetwork.Load(new MemoryStream(saved));
            network.Save(Stream.Null);
        });

        Assert.InRange(kept, 0, byModules);

        static long Kept(Action action)
        {
            var statistics = DisposeScopeManager.Statistics.TensorStatistics;
            long before = statistics.ThreadTotalLiveCount;
            action();
            return statistics.ThreadTotalLiveCount - before;
        }
    }

    [Fact]
    public void A_network_without_factory_says_how_to_get_one()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);

        string message = Assert.Throws<InvalidOperationException>(() => network.Save(Stream.Null)).Message;

        Assert.Contains("implements Iba.Torch.IModuleFactory", message, StringComparison.Ordinal);
        Assert.Contains("factory: typeof(", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(string), "does not implement IModuleFactory")]
    [InlineData(typeof(HiddenFactory), "is not public")]
    [InlineData(typeof(FactoryWithArgument), "no public constructor without parameters")]
    [InlineData(typeof(GenericFactory<int>), "is generic")]
    public void A_type_that_is_no_factory_is_refused_at_once(Type type, string reason)
    {
        using var module = TestModules.Create("sequential");

        var error = Assert.Throws<ArgumentException>(() => new ModuleNetwork(module, TestModules.InputShape, factory: type));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_factory_of_another_module_is_found_out_when_saving()
    {
        using var module = TestModules.Create("residual");
        using var network = new ModuleNetwork(module, TestModules.InputShape, factory: typeof(TestNetworkFactory));

        Assert.Contains("builds another module", Assert.Throws<InvalidOperationException>(() => network.Save(Stream.Null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TestNetworkFactory", "TestNetworkFactorz", "has no such type")]
    [InlineData("TestNetworkFactory", "ModuleNetworkTests", "does not implement")]
    [InlineData("Iba.Torch.Tests\u0022Iba", "Iba.Torch.Texts\u0022Iba", "no such assembly")]
    [InlineData("Iba.Torch.Tests\u0022Iba", "/tmp/evil.dlls.\u0022Iba", "no such assembly")]
    public void A_file_that_names_another_type_loads_nothing(string old, string replacement, string reason)
    {
        byte[] saved = Replace(Saved(), old, replacement);

        var error = Assert.Throws<InvalidOperationException>(() => ModuleNetwork.Load(new MemoryStream(saved)));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_module_are_refused()
    {
        byte[] saved = Replace(Saved(), "0.weight", "9.weight");

        Assert.Contains("do not fit", Assert.Throws<InvalidOperationException>(() => ModuleNetwork.Load(new MemoryStream(saved))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_off_is_refused_wherever_the_cut_lies()
    {
        byte[] saved = Saved();
        for (int length = 0; length < saved.Length; length += length < 150 ? 1 : 97)
        {
            var error = Record.Exception(() => ModuleNetwork.Load(new MemoryStream(saved, 0, length)));
            Assert.True(error is InvalidDataException, $"{length} of {saved.Length} bytes: {error}");
        }
    }

    [Fact]
    public void Another_file_and_a_newer_format_are_refused()
    {
        byte[] saved = Saved();
        saved[1 + "iba-module".Length] = 99;

        Assert.Contains("format 99", Assert.Throws<InvalidDataException>(() => ModuleNetwork.Load(new MemoryStream(saved))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => ModuleNetwork.Load(new MemoryStream(new byte[100])));
    }

    private static byte[] Saved()
    {
        using var module = new TestNetworkFactory().Create().Seeded();
        using var network = new ModuleNetwork(module, TestModules.InputShape, factory: typeof(TestNetworkFactory));
        using var file = new MemoryStream();
        network.Save(file);
        return file.ToArray();
    }

    private static byte[] Replace(byte[] bytes, string old, string replacement)
    {
        Assert.Equal(old.Length, replacement.Length);
        byte[] copy = [.. bytes];
        int at = copy.AsSpan().IndexOf(Encoding.ASCII.GetBytes(old));
        Assert.True(at > 0);
        Encoding.ASCII.GetBytes(replacement).CopyTo(copy, at);
        return copy;
    }

    private sealed class HiddenFactory : IModuleFactory
    {
        public nn.Module<Tensor, Tensor> Create() => nn.Identity();
    }
}

public sealed class TestNetworkFactory : IModuleFactory
{
    public nn.Module<Tensor, Tensor> Create()
        => nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5));
}

public sealed class FactoryWithArgument(int width) : IModuleFactory
{
    public nn.Module<Tensor, Tensor> Create() => nn.Linear(width, width);
}

public sealed class GenericFactory<T> : IModuleFactory
{
    public nn.Module<Tensor, Tensor> Create() => nn.Identity();
}
