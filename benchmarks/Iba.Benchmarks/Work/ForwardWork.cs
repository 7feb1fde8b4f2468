using Iba.Onnx;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>The imported network's forward pass.</summary>
internal sealed class ForwardWork(WorkOrder order) : IWork
{
    private readonly OnnxNetwork _network = OnnxNetwork.Load(order.File);
    private readonly Tensor _images = Images.Random(order.Batch, order.Size);

    public void Run()
    {
        for (int i = 0; i < order.Images; i++)
        {
            using var scores = _network.Forward([_images]);
        }
    }

    public void Dispose()
    {
        _images.Dispose();
        _network.Dispose();
    }
}
