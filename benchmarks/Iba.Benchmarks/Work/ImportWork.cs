using Iba.Onnx;
using TorchSharp;

namespace Iba.Benchmarks;

/// <summary>Loads the file and cuts the network.</summary>
internal sealed class ImportWork : IWork
{
    private readonly WorkOrder _order;
    private OnnxNetwork? _network;

    public ImportWork(WorkOrder order)
    {
        _order = order;

        // libtorch itself is not part of what is measured.
        using var first = torch.zeros(1);
    }

    public void Run()
    {
        _network?.Dispose();
        _network = OnnxNetwork.Load(_order.File);
        using var split = _network.Split(_order.Layer);
    }

    public void Dispose() => _network?.Dispose();
}
