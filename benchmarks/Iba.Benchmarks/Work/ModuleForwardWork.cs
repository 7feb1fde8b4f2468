using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Benchmarks;

/// <summary>The forward pass of the same architecture, written as TorchSharp modules (random weights, batch normalisation as modules).</summary>
internal sealed class ModuleForwardWork : IWork
{
    private readonly WorkOrder _order;
    private readonly Module<Tensor, Tensor> _network;
    private readonly Tensor _images;

    /// <summary>Whether there are modules of the architecture in a file.</summary>
    public static bool Has(string file) => Path.GetFileNameWithoutExtension(file) is "resnet50" or "vgg16";

    public ModuleForwardWork(WorkOrder order)
    {
        _order = order;
        _network = Path.GetFileNameWithoutExtension(order.File) switch
        {
            "resnet50" => new ResNet50(),
            "vgg16" => Vgg16.Create(),
            var other => throw new ArgumentException($"There is no '{other}' in TorchSharp modules.", nameof(order)),
        };
        _network.eval();
        _images = Images.Random(order.Batch, order.Size);
    }

    public void Run()
    {
        using var noGrad = no_grad();
        for (int i = 0; i < _order.Images; i++)
        {
            using var scope = NewDisposeScope();
            _network.call(_images);
        }
    }

    public void Dispose()
    {
        _images.Dispose();
        _network.Dispose();
    }
}
