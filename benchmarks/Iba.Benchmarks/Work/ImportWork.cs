using Iba.Onnx;

namespace Iba.Benchmarks;

/// <summary>Loads the file and cuts the network.</summary>
internal sealed class ImportWork(WorkOrder order) : IWork
{
    private OnnxNetwork? _network;

    public void Run()
    {
        _network?.Dispose();
        _network = OnnxNetwork.Load(order.File);
        using var split = _network.Split(order.Layer);
    }

    public void Dispose() => _network?.Dispose();
}
