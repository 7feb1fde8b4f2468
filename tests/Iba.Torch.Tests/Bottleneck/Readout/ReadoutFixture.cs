using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Torch.Tests;

/// <summary>A small network with a bottleneck at "features.pool1", read at four layers: finer, the same, coarser by its channels, and one without positions.</summary>
internal sealed class ReadoutFixture : IDisposable
{
    public const string Layer = "features.pool1";

    public static readonly string[] Layers = ["features.relu1", "features.pool1", "features.relu2", "fc"];

    private readonly Module<Tensor, Tensor> _module;
    private readonly ModuleNetwork _network;

    public ReadoutFixture()
        : this(TestModules.Create("sequential"), TestModules.InputShape, Layer, Layers)
    {
    }

    private ReadoutFixture(Module<Tensor, Tensor> module, IReadOnlyList<long> input, string layer, string[] layers)
    {
        _module = module;
        _network = new ModuleNetwork(module, input);
        Cut = new ReadoutCut(_network, layer, layers);
    }

    public ReadoutCut Cut { get; }

    public Network Network => _network;

    /// <summary>Two channels are computed from two pictures; the class is the sign of the mean of the first, the second is ignored.</summary>
    public static ReadoutFixture Ignoring()
    {
        var channels = Conv2d(2, 2, 1, bias: false);
        var classes = Linear(2, 2, hasBias: false);
        var module = Sequential(("channels", channels), ("pool", AdaptiveAvgPool2d(1)), ("flatten", Flatten()), ("classes", classes));
        using (no_grad())
        {
            channels.weight!.copy_(tensor(new[] { 1f, 0, 0, 1 }, [2, 2, 1, 1]));
            classes.weight!.copy_(tensor(new[] { -12f, 0, 12, 0 }, [2, 2]));
        }

        return new ReadoutFixture(module, [2, 4, 4], "channels", ["channels"]);
    }

    public static Tensor Pictures(long rows, ulong seed = 3)
    {
        using var generator = new Generator(seed);
        return randn([rows, 2, 1, 1], generator: generator) + (0.3 * randn([rows, 2, 4, 4], generator: generator));
    }

    public ReadoutTraining Train(Tensor images, ReadoutOptions? options = null)
    {
        using var measurement = new ReadoutMeasurement(Cut);
        measurement.Add([images]);
        return new ReadoutTraining(Cut, measurement, options);
    }

    public void Dispose()
    {
        Cut.Dispose();
        _network.Dispose();
        _module.Dispose();
    }
}
